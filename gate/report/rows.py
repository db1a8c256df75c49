"""Rows of styled text, from which a report for a terminal is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Piece = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """Pieces of text, each with its style, after `indent` blanks.

    What a hanging row goes on with stands below its second piece; a row to be copied never wraps.
    """

    indent: int
    pieces: tuple[Piece, ...]
    kind: Literal["wrapped", "hanging", "copied"] = "wrapped"


def plain(text: str, indent: int = 2, style: str = "") -> Row:
    """Write one text in one style."""
    return Row(indent, ((text, style),))


def heading(title: str) -> Iterator[Row]:
    """Begin a section, apart from what stands before it."""
    yield plain("", 0)
    yield plain(title, 0, "bold underline")
