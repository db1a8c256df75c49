"""Rows of prompt and completion as the tensors that a student learns from."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from training.checks import require_axes, require_shape, require_whole
from training.jsonl import Header, Row, Rows, split_rows, write_jsonl
from training.masking import IGNORED
from training.tokenizer import (
    BOS_ID,
    EOS_ID,
    PAD_ID,
    SPECIAL_TOKENS,
    encode_completion,
    encode_prompt,
    load_tokenizer,
    read_tokenizer,
    require_tokenizer,
    save_tokenizer,
    tokenizer_fingerprint,
)

__all__ = [
    "BOS_ID",
    "EOS_ID",
    "PAD_ID",
    "SPECIAL_TOKENS",
    "Header",
    "KDDataset",
    "Row",
    "Rows",
    "collate_kd_batch",
    "encode_completion",
    "encode_prompt",
    "load_tokenizer",
    "read_tokenizer",
    "save_tokenizer",
    "split_rows",
    "tokenizer_fingerprint",
    "write_jsonl",
]

LISTED_BAD_LINES = 10

logger = logging.getLogger(__name__)


class KDDataset(Dataset[dict[str, Tensor]]):
    """The rows of a JSONL file, encoded: `<bos>`, prompt, completion, then `<eos>` as a label.

    `max_length` counts input ids. `rows` holds what was kept, in the file's order, and `bad` the
    reason for each line that was not, by line number from 1.
    """

    def __init__(
        self, path: Path, tokenizer: Tokenizer, max_length: int, strict: bool = True
    ) -> None:
        """Raise ValueError for bad lines, unless not `strict`; and always for a fingerprint that
        does not fit and for a file without a usable row.
        """
        require_whole("max_length", max_length, 2)
        require_tokenizer("tokenizer", tokenizer)
        split = split_rows(path)
        bad = dict(split.bad)
        self.rows: list[Row] = []
        self._encoded: list[tuple[list[int], list[int]]] = []
        for number, row in split.good.items():
            input_ids, labels = _encode(tokenizer, row)
            if len(input_ids) > max_length:
                bad[number] = f"{len(input_ids)} tokens are more than {max_length}"
                continue
            self.rows.append(row)
            self._encoded.append((input_ids, labels))
        self.bad = dict(sorted(bad.items()))
        if self.bad:
            _report_bad_lines(path, self.bad, len(self.rows), strict)
        _check_fingerprints(path, split, tokenizer)
        if not self.rows:
            raise ValueError(f"{path} holds no usable row")

    def __len__(self) -> int:
        return len(self._encoded)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Return new tensors [tokens]: input_ids and labels int64, attention_mask bool, all True.

        labels[t] is the token to follow input_ids[t], or -100 where that is one of the prompt's.
        """
        input_ids, labels = self._encoded[index]
        return {
            "input_ids": torch.tensor(input_ids),
            "labels": torch.tensor(labels),
            "attention_mask": torch.ones(len(input_ids), dtype=torch.bool),
        }


def collate_kd_batch(
    examples: Sequence[Mapping[str, Tensor]], pad_id: int = PAD_ID
) -> dict[str, Tensor]:
    """Pad examples on the right to the longest: each entry becomes [batch, sequence].

    Padding has the input id `pad_id`, the label -100, and False in the mask. Raises ValueError for
    no example.
    """
    if not examples:
        raise ValueError("examples must hold at least one example, got none")
    require_whole("pad_id", pad_id, 0)
    for number, example in enumerate(examples):
        _require_aligned(number, example)
    padding = {"input_ids": pad_id, "labels": IGNORED, "attention_mask": False}
    return {
        name: pad_sequence(
            [example[name] for example in examples], batch_first=True, padding_value=value
        )
        for name, value in padding.items()
    }


def _require_aligned(number: int, example: Mapping[str, Tensor]) -> None:
    input_ids = example["input_ids"]
    require_axes(f"input_ids of example {number}", input_ids, "tokens")
    for name in ("labels", "attention_mask"):
        require_shape(
            f"{name} of example {number}", example[name], input_ids.shape, "its input_ids"
        )


def _encode(tokenizer: Tokenizer, row: Row) -> tuple[list[int], list[int]]:
    prompt = encode_prompt(tokenizer, row.prompt)
    completion = encode_completion(tokenizer, row.completion)
    return prompt + completion[:-1], [IGNORED] * (len(prompt) - 1) + completion


def _report_bad_lines(path: Path, bad: Mapping[int, str], good: int, strict: bool) -> None:
    lines = [f"  line {number}: {reason}" for number, reason in bad.items()]
    if len(lines) > LISTED_BAD_LINES:
        lines[LISTED_BAD_LINES:] = [f"  and {len(lines) - LISTED_BAD_LINES} more"]
    report = "\n".join([f"{path}: bad lines: {len(bad)}, good rows: {good}", *lines])
    if strict:
        raise ValueError(f"{report}\nmend or delete them, or leave them out with strict=False")
    logger.warning("%s\nthe bad lines are left out", report)


def _check_fingerprints(path: Path, split: Rows, tokenizer: Tokenizer) -> None:
    header = split.header
    if header is None:
        return
    found = (len(split.good) + len(split.bad), split.fingerprint)
    promised = (header.rows, header.dataset_fingerprint)
    if found != promised:
        raise ValueError(
            f"{path}: holds {found[0]} rows with the fingerprint {found[1]}, but its header says "
            f"{promised[0]} rows with {promised[1]}: restore the file, or delete the header if "
            "the rows were changed on purpose"
        )
    given = tokenizer_fingerprint(tokenizer)
    if header.tokenizer_fingerprint != given:
        raise ValueError(
            f"{path}: the tokenizer has the fingerprint {given}, but the header says "
            f"{header.tokenizer_fingerprint}: pass the tokenizer that the rows were written for, "
            "or write them again with write_jsonl"
        )
