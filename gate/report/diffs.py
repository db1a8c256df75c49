"""What a mutant changes, as lines of a diff: harmless text, cut around the change where it is long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gate.model import MutantResult
from gate.report.cells import cells, head, tail
from gate.report.words import one_line

_LINE_END = re.compile(r"\r\n|\r|\n")
_WORD = re.compile(r"\w+|\W", re.DOTALL)
_INDENTATION = re.compile(r"[ \t]*")
_MOST_SHORT = 3
_MOST_WHOLE = 60
_LONGEST = 1_000

Sign = Literal["-", "+", " "]
Pieces = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff in three pieces: before what differs, what differs, and after it."""

    sign: Sign
    before: str
    changed: str = ""
    after: str = ""

    def __str__(self) -> str:
        return f"{self.sign} {self.before}{self.changed}{self.after}".rstrip()


@dataclass(frozen=True, slots=True)
class _Sides:
    """The lines of a mutant's source: those that differ, old and new, and those around them."""

    leading: list[str]
    old: list[str]
    new: list[str]
    trailing: list[str]


def short_diff(result: MutantResult, width: int) -> list[DiffLine]:
    """Show the lines that differ, at most three of each side, below the mutant's first line.

    They are moved to the left together, and no line takes more than `width` cells.
    """
    sides = _sides(result)
    first = sides.leading[:1]
    margin = _margin([*first, *sides.old, *sides.new])
    first, old, new = ([line[margin:] for line in lines] for lines in (first, sides.old, sides.new))
    return [
        *(DiffLine(" ", *_alone(line, width - 2)) for line in first),
        *_differing(old, new, _MOST_SHORT, width - 2),
    ]


def whole_diff(result: MutantResult) -> list[DiffLine]:
    """Show all lines of the mutant's source as they stand, at most sixty of each kind."""
    sides = _sides(result)
    return [
        *(DiffLine(" ", one_line(line, _LONGEST)) for line in sides.leading[-_MOST_WHOLE:]),
        *_differing(sides.old, sides.new, _MOST_WHOLE, _LONGEST),
        *(DiffLine(" ", one_line(line, _LONGEST)) for line in sides.trailing[:_MOST_WHOLE]),
    ]


def old_and_new(old: str, new: str, width: int) -> tuple[str, str]:
    """Cut a text and what it becomes around their difference, each to at most `width` cells."""
    if max(len(old), len(new)) <= width:
        whole = one_line(old, width), one_line(new, width)
        if max(map(cells, whole)) <= width:
            return whole
    first, second = _cut(*_compared(old, new), width)
    return "".join(first), "".join(second)


def _sides(result: MutantResult) -> _Sides:
    old = _LINE_END.split(result.mutant.source)
    mutated = (
        old[0][: result.mutant.column - 1]
        + result.mutant.replacement
        + old[-1][result.mutant.end_column - 1 :]
    )
    # Where whole lines go, nothing takes their place.
    new = _LINE_END.split(mutated) if mutated else []
    old, new = ([_untabbed(line) for line in side] for side in (old, new))
    start = _shared(old, new)
    end = _shared(old[start:][::-1], new[start:][::-1])
    return _Sides(
        old[:start],
        old[start : len(old) - end],
        new[start : len(new) - end],
        old[len(old) - end :],
    )


def _untabbed(line: str) -> str:
    return _INDENTATION.sub(lambda match: match[0].expandtabs(4), line, count=1)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the leading lines, or characters, that two have in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _margin(lines: Sequence[str]) -> int:
    """Count the blanks that all lines begin with."""
    return min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)


def _differing(old: Sequence[str], new: Sequence[str], most: int, width: int) -> list[DiffLine]:
    """Write old lines and new ones; what differs is told apart where each has its counterpart."""
    if len(old) == len(new):
        pairs = zip(old[:most], new[:most], strict=True)
        cut = [_cut(*_compared(*pair), width) for pair in pairs]
        before, after = [pair[0] for pair in cut], [pair[1] for pair in cut]
    else:
        before, after = ([_alone(line, width) for line in side[:most]] for side in (old, new))
    return [
        *_capped([DiffLine("-", *pieces) for pieces in before], len(old)),
        *_capped([DiffLine("+", *pieces) for pieces in after], len(new)),
    ]


def _alone(line: str, width: int) -> Pieces:
    return _fitted("", _spelled(("", line, ""), width), width)


def _capped(lines: list[DiffLine], total: int) -> list[DiffLine]:
    """Let the last line say how many there are in its place and after it."""
    if total <= len(lines):
        return lines
    rest = f"... and {total - len(lines) + 1:,} more lines"
    return [*lines[:-1], DiffLine(lines[-1].sign, rest)]


def _compared(old: str, new: str) -> tuple[Pieces, Pieces]:
    """Part two lines into what they share and what differs, in whole words."""
    ours, theirs = _WORD.findall(old), _WORD.findall(new)
    start = _shared(ours, theirs)
    end = _shared(ours[start:][::-1], theirs[start:][::-1])
    return _pieces(ours, start, end), _pieces(theirs, start, end)


def _pieces(words: list[str], start: int, end: int) -> Pieces:
    stop = len(words) - end
    return "".join(words[:start]), "".join(words[start:stop]), "".join(words[stop:])


def _cut(old: Pieces, new: Pieces, width: int) -> tuple[Pieces, Pieces]:
    """Make two lines harmless and fit them; what stands before the difference is cut alike."""
    old, new = _spelled(old, width), _spelled(new, width)
    longest = max(cells(changed + after) for _, changed, after in (old, new))
    before = tail(old[0], max(width // 3, width - longest))
    return _fitted(before, old, width), _fitted(before, new, width)


def _spelled(pieces: Pieces, width: int) -> Pieces:
    """Make the pieces harmless; of a huge line only as much as could be shown."""
    before, changed, after = pieces
    near = before[-width - 1 :], changed[: width + 1], after[: width + 1]
    spelled = [one_line(piece, len(piece)) for piece in near]
    return spelled[0], spelled[1], spelled[2]


def _fitted(before: str, pieces: Pieces, width: int) -> Pieces:
    _, changed, after = pieces
    ending = head(changed + after, width - cells(before))
    whole = before + ending
    if whole != one_line(whole, len(whole)):  # together they would be a command
        return head(one_line(whole, len(whole)), width), "", ""
    return before, ending[: len(changed)], ending[len(changed) :]
