"""The text of one Python file as mutants count in it: UTF-8, without byte order mark.

A file with another encoding is counted as if it were written in UTF-8, so its own bytes and these
offsets differ. Line ends stay as they are.
"""

from __future__ import annotations

import io
import re
import tokenize
from bisect import bisect_right
from dataclasses import dataclass

from gate.model import Mutant, Unit
from gate.source.code import SourceError

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BLANKS = (b" ", b"\t", b"\f")


@dataclass(frozen=True, slots=True)
class Splice:
    """The bytes `start` to `end` become `replacement`."""

    start: int
    end: int
    replacement: str


@dataclass(frozen=True, slots=True)
class Text:
    """The bytes of a text and the offset at which each of its lines begins."""

    data: bytes
    starts: tuple[int, ...]

    def line(self, offset: int) -> int:
        """Number the line (from 1) on which the byte at `offset` stands."""
        return bisect_right(self.starts, offset)

    def column(self, offset: int) -> int:
        """Number the character (from 1) of its line to which the byte at `offset` belongs."""
        start = self.starts[self.line(offset) - 1]
        return len(self.data[start : offset + 1].decode(errors="ignore")) or 1

    def lines(self, first: int, last: int) -> str:
        """Give the lines `first` to `last`, without the end of the last."""
        return self.cut(self.offset(first), self.offset(last + 1)).rstrip("\r\n")

    def offset(self, line: int, column: int = 0) -> int:
        """Give the offset of a line (from 1; one past the last is the end) and byte column."""
        return (self.starts[line - 1] if line <= len(self.starts) else len(self.data)) + column

    def cut(self, start: int, end: int) -> str:
        """Give the text between two offsets."""
        return self.data[start:end].decode()

    def indentation(self, offset: int) -> str:
        """Give the white space with which the line of the byte at `offset` begins."""
        start = end = self.starts[self.line(offset) - 1]
        while self.data[end : end + 1] in _BLANKS:
            end += 1
        return self.cut(start, end)


def read_text(path: str, source: bytes) -> Text:
    """Decode a file as Python does: by its byte order mark, its PEP 263 cookie, or as UTF-8.

    Raises SourceError when that fails, and for NUL bytes.
    """
    try:
        data = source.decode(_encoding(source)).encode()
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise SourceError(path, None, f"cannot be decoded: {error}") from error
    text = Text(data, (0, *(match.end() for match in _LINE_END.finditer(data))))
    if b"\0" in data:
        raise SourceError(path, text.line(data.index(b"\0")), "contains a NUL byte")
    return text


def write_as(source: bytes, text: str) -> bytes:
    """Encode a text as the file `source` is encoded, with its byte order mark.

    Raises UnicodeEncodeError for a character that the encoding lacks.
    """
    return text.encode(_encoding(source))


def mutated_file(text: Text, mutant: Mutant) -> str:
    """Give the whole file with the mutant in it; compile it as text, so that no cookie counts."""
    return _spliced(text, mutant, 0, len(text.data))


def unit_source(text: Text, unit: Unit, mutant: Mutant | None = None) -> str:
    """Give the unit alone, ready to compile at its own line numbers, with the mutant in it if any."""
    start, end = text.offset(unit.line), text.offset(unit.end_line + 1)
    body = _spliced(text, mutant, start, end) if mutant else text.cut(start, end)
    before = "\n" * (unit.line - 1 - len(unit.headers))
    return before + "".join(f"{header}\n" for header in unit.headers) + body


def _spliced(text: Text, mutant: Mutant, start: int, end: int) -> str:
    return text.cut(start, mutant.start) + mutant.replacement + text.cut(mutant.end, end)


def _encoding(source: bytes) -> str:
    return tokenize.detect_encoding(io.BytesIO(source).readline)[0]
