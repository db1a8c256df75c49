"""Lost kills in GitHub Markdown: each as a small diff with both sides."""

from __future__ import annotations

from collections.abc import Iterator

from gate.model import LostKills
from gate.report.diffs import short_diff
from gate.report.lost_kills import became, lost_line, runs_now
from gate.report.markup import code, fenced, folded, prose
from gate.report.words import counted

_DIFF_WIDTH = 100


def lost_parts(lost: LostKills | None, most: int) -> Iterator[str]:
    """Write lost kills in the open, at most so many; without any, what was asked is folded."""
    told = "" if lost is None else lost_line(lost)
    if lost is None or not told:
        return
    kills = bool(lost.kills)
    title = counted(len(lost.kills), "lost kill") if kills else "No kill was lost"
    yield from folded(title, _listed(lost, told, most), shown=kills)


def _listed(lost: LostKills, told: str, most: int) -> Iterator[str]:
    yield f"{told[0].upper()}{told[1:]}."
    yield ""
    for kill, killer in lost.kills[:most]:
        mutant = kill.mutant
        function = f" {code(mutant.function)}" if mutant.function else ""
        yield f"- {code(f'{mutant.path}:{mutant.line}')}{function}"
        yield ""
        yield from fenced([str(line) for line in short_diff(kill, _DIFF_WIDTH)], "diff", 2)
        yield ""
        yield f"  Base: killed by {code(killer.test)}.<br>"
        yield f"  Head: that test is {prose(became(killer))}.<br>"
        yield f"  Runs it now: {prose(runs_now(kill))}."
        yield ""
    if len(lost.kills) > most:
        yield f"And {counted(len(lost.kills) - most, 'more lost kill')}."
