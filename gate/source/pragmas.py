"""Comments that tell coverage.py or the gate to leave code out, and a file's text without some of them.

The patterns are coverage.py's own defaults, which it looks for everywhere in a text, and mutmut's words.
"""

from __future__ import annotations

import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

PragmaKind = Literal["no cover", "no branch", "no mutate"]

_START = r"(?<=#)\s*(?:pragma|PRAGMA)[:\s]?\s*(?:no|NO)\s*"
_COVERAGE: dict[PragmaKind, re.Pattern[str]] = {
    "no cover": re.compile(_START + r"(?:cover|COVER)"),
    "no branch": re.compile(_START + r"(?:branch|BRANCH)"),
}
_COMMENT = re.compile(r"# pragma:[^\r\n]*")
_MUTATE = re.compile("no mutate")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Pragma:
    """One pragma; `text` is its whole line without the blanks around it."""

    line: int
    kind: PragmaKind
    text: str


def find_pragmas(source: bytes) -> tuple[Pragma, ...]:
    """List the pragmas of a Python file in its order; none where it cannot be decoded."""
    text, _ = _decoded(source)
    if "ragma" not in text and "RAGMA" not in text:
        return ()
    starts = _line_starts(text)
    lines = _LINE_END.split(text)
    found = []
    for kind, start, end in _spans(text):
        # Where a match begins before its words, as it may inside a string, the words count.
        line = bisect_right(starts, max(start, end - 1))
        found.append(Pragma(line, kind, lines[line - 1].strip()))
    return tuple(sorted(found, key=lambda pragma: (pragma.line, pragma.kind)))


def without_pragmas(source: bytes, pragmas: Collection[tuple[int, PragmaKind]]) -> bytes:
    """Blank out the words of pragmas, known by line and kind; every line and column stays."""
    text, encoding = _decoded(source)
    starts = _line_starts(text)
    for kind, start, end in _spans(text):
        if (bisect_right(starts, max(start, end - 1)), kind) in pragmas:
            blank = "".join(each if each in "\r\n" else " " for each in text[start:end])
            text = text[:start] + blank + text[end:]
    return text.encode(encoding)


def _spans(text: str) -> Iterator[tuple[PragmaKind, int, int]]:
    for kind, pattern in _COVERAGE.items():
        yield from ((kind, match.start(), match.end()) for match in pattern.finditer(text))
    for comment in _COMMENT.finditer(text):
        for match in _MUTATE.finditer(text, comment.start(), comment.end()):
            yield "no mutate", match.start(), match.end()


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def _decoded(source: bytes) -> tuple[str, str]:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding), encoding
    except (SyntaxError, UnicodeError, LookupError):
        return "", "utf-8"
