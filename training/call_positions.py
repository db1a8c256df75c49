"""Where a batch of labels holds tool calls: from the bytes of its tokens to positions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.token_bytes import token_bytes
from training.tool_calls import ToolCall, find_json_objects, find_tool_calls, structure_of


class CallPositions(NamedTuple):
    """Positions whose tokens hold a byte of each part; a token may hold several.

    structure: of every whole JSON object; tool_name, arguments: a call's name and its arguments'
    values, quotes included. Each [batch, sequence] bool. calls: every call with its row.
    """

    structure: Tensor
    tool_name: Tensor
    arguments: Tensor
    calls: Sequence[tuple[int, ToolCall]]


def find_call_positions(labels: Tensor, counted: Tensor, tokenizer: Tokenizer) -> CallPositions:
    """Find the JSON objects and tool calls of labels [batch, sequence] int64 where `counted`, bool.

    Each unbroken run of positions that count is a text of its own, so a call cut off by the end of
    its row, or by a position that does not count, is none. Special tokens have no text.
    """
    structure, tool_name, arguments = (torch.zeros_like(counted) for _ in range(3))
    calls = []
    for row, run in _runs(counted):
        pieces = token_bytes("labels", tokenizer, labels[row, run].tolist())
        text, positions = _text_and_positions(pieces, run)
        for span in find_json_objects(text):
            _mark(structure[row], positions, structure_of(text, span))
        for call in find_tool_calls(text):
            calls.append((row, call))
            _mark(tool_name[row], positions, range(*call.tool_span))
            for span in call.argument_spans:
                _mark(arguments[row], positions, range(*span))
    return CallPositions(structure, tool_name, arguments, calls)


def _runs(counted: Tensor) -> Iterator[tuple[int, list[int]]]:
    for row, counts in enumerate(counted.tolist()):
        for counting, run in groupby(range(len(counts)), key=counts.__getitem__):
            if counting:
                yield row, list(run)


def _text_and_positions(pieces: list[bytes], run: list[int]) -> tuple[str, list[list[int]]]:
    """Return the text, and for each of its characters the positions that hold its bytes."""
    position_of_byte = [position for at, position in enumerate(run) for _ in pieces[at]]
    # A character for each stray byte, so that every byte still has its place.
    text = b"".join(pieces).decode(errors="surrogateescape")
    positions, end = [], 0
    for character in text:
        start, end = end, end + len(character.encode(errors="surrogateescape"))
        positions.append(position_of_byte[start:end])
    return text, positions


def _mark(row: Tensor, positions: list[list[int]], characters: Iterable[int]) -> None:
    for character in characters:
        row[positions[character]] = True
