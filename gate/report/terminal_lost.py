"""Lost kills for a terminal, as rows of styled text: the change, its killer on the base, what runs it now."""

from __future__ import annotations

from collections.abc import Iterator

from gate.model import LostKills
from gate.report import mutants
from gate.report.diffs import short_diff
from gate.report.lost_kills import became, lost_line, runs_now
from gate.report.rows import Row, heading, plain
from gate.report.terminal_mutants import diff_row
from gate.report.words import counted, one_line

_MOST_KILLS = 10


def lost_rows(lost: LostKills | None, width: int) -> Iterator[Row]:
    """Write the section; nothing when nothing was asked."""
    told = "" if lost is None else lost_line(lost)
    if lost is None or not told:
        return
    yield from heading("Lost kills")
    yield plain(told)
    for kill, killer in lost.kills[:_MOST_KILLS]:
        yield plain(mutants.place(kill))
        yield from (diff_row(4, line) for line in short_diff(kill, width - 4))
        yield plain(f"base: killed by {one_line(killer.test)}", 4, "dim")
        yield plain(f"head: that test is {became(killer)}", 4, "dim")
        yield plain(f"runs it now: {runs_now(kill)}", 4, "dim")
    if len(lost.kills) > _MOST_KILLS:
        yield plain(f"and {counted(len(lost.kills) - _MOST_KILLS, 'more lost kill')}")
