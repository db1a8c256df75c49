"""The mutants of `gate mutate --list`, a line each; plain text, as there may be thousands."""

from __future__ import annotations

from collections.abc import Sequence

from gate.model import Mutant
from gate.report.cells import cells, head, padded, tail
from gate.report.diffs import old_and_new
from gate.report.mutants import ignored_line
from gate.report.words import counted, disarmed, one_line

LEAST_WIDTH = 60
_ARROW = " → "
_GAP = "  "
_LEAST_CHANGE = 30
_LONGEST = 16


def render_listing(mutants: Sequence[Mutant], width: int) -> str:
    """Write `path:line  id  operator  old → new` for `width` columns, and the counts at the end."""
    # One column less, as a disarmed line is one character longer.
    width = max(width, LEAST_WIDTH) - 1
    named = [_named(mutant) for mutant in mutants]
    place, identifier, operator = (
        max((cells(name[column]) for name in named), default=0) for column in range(3)
    )
    most = max(width - identifier - operator - 3 * len(_GAP) - _LEAST_CHANGE, _LEAST_CHANGE // 2)
    place = min(place, most)
    lines = [
        _line(
            _GAP.join(
                (padded(tail(at, place), place), padded(name, identifier), padded(kind, operator))
            ),
            mutant,
            width,
        )
        for mutant, (at, name, kind) in zip(mutants, named, strict=True)
    ]
    return disarmed("\n".join([*lines, _counts(mutants)])) + "\n"


def _named(mutant: Mutant) -> tuple[str, str, str]:
    at = f"{one_line(mutant.path)}:{mutant.line}"
    return at, one_line(mutant.id, _LONGEST), one_line(mutant.operator, _LONGEST)


def _line(beginning: str, mutant: Mutant, width: int) -> str:
    rule = mutant.ignored.partition(":")[0]
    mark = f"{_GAP}(ignored: {one_line(rule, _LONGEST)})" if mutant.ignored else ""
    room = width - cells(beginning) - len(_GAP) - cells(mark)
    return head(f"{beginning}{_GAP}{_change(mutant, room)}{mark}", width)


def _change(mutant: Mutant, room: int) -> str:
    """Write the change on one line, where it is long in two halves; one that is short leaves more."""
    old, new = " ".join(mutant.original.split()), " ".join(mutant.replacement.split())
    half = max((room - len(_ARROW)) // 2, 1)
    whole = cells(old) + cells(new) <= 2 * half
    before, after = old_and_new(old, new, 2 * half if whole else half)
    longer = 2 * half - min(cells(before), cells(after))
    if cells(old) > cells(new):
        before, _ = old_and_new(old, new, longer)
    else:
        _, after = old_and_new(old, new, longer)
    return f"{before}{_ARROW}{after or '(nothing)'}"


def _counts(mutants: Sequence[Mutant]) -> str:
    ignored = [mutant.ignored for mutant in mutants if mutant.ignored]
    are = "is" if len(ignored) == 1 else "are"
    told = f", of which {len(ignored):,} {are} ignored: {ignored_line(ignored)}" if ignored else ""
    return f"{counted(len(mutants), 'mutant')}{told}"
