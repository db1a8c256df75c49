"""The gaps of a change: its lines that no test runs, and its branches that none takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from gate.judge.shortfalls import forced_by_shortfall, number, shortfall
from gate.model import CoverageMap, Evidence, FileCoverage, Finding
from gate.model.values import spans, spans_text

_NAMED = 12


def gaps(
    kind: Literal["line", "branch"], coverage: CoverageMap, required: Decimal, evidence: Evidence
) -> Iterator[Finding]:
    """Give a finding for each file of a change that has a gap."""
    total = coverage.total(kind)
    met = total.meets(required)
    forces = forced_by_shortfall(evidence)
    in_all = (
        f"{kind} coverage of the change is {number(total.percent)} %"
        if met
        else shortfall(f"{kind} coverage of the change", total, required, evidence)
    )
    blank = Finding(
        f"changed.{kind}",
        "note" if met else "error",
        in_all,
        forces=None if met else forces,
        measured=total.percent,
        required=float(required),
        help=_HELP[kind],
    )
    gaps = [(file.path, _GAP[kind](file)) for file in coverage.files]
    named = [(path, *gap) for path, gap in sorted(gaps) if gap is not None]
    if not met and not named:
        yield blank
    for path, line, what in named:
        yield replace(blank, message=f"{what}; {in_all}", path=path, line=line)


def _missing_lines(file: FileCoverage) -> tuple[int, str] | None:
    if not file.missing_lines:
        return None
    several = "line" if len(file.missing_lines) == 1 else "lines"
    listed = spans_text(spans(file.missing_lines), _NAMED)
    return min(file.missing_lines), f"no test executes changed {several} {listed}"


def _missing_branches(file: FileCoverage) -> tuple[int, str] | None:
    if not file.missing_branches:
        return None
    branches = sorted(file.missing_branches)
    several = "branch" if len(branches) == 1 else "branches"
    listed = ", ".join(
        f"{start} to {'exit' if end < 1 else end}" for start, end in branches[:_NAMED]
    )
    more = len(branches) - _NAMED
    listed += f" and {more} more" if more > 0 else ""
    return max(branches[0][0], 1), f"no test takes {several} {listed}"


_GAP: dict[str, Callable[[FileCoverage], tuple[int, str] | None]] = {
    "line": _missing_lines,
    "branch": _missing_branches,
}
_HELP = {
    "line": "Add a test that runs these lines and checks what they do.",
    "branch": "Add a test for the other outcome of each condition.",
}
