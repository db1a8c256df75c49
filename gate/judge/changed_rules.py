"""Rules about a change: the coverage of the lines and branches that it adds or edits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Literal

from gate.judge.coverage_rules import forced_by_shortfall, number, runs_when, shortfall
from gate.model import CoverageMap, Evidence, FileCoverage, Finding, Ratio
from gate.model.values import spans, spans_text
from gate.policy.model import Policy

_NAMED = 12
_NAMED_FILES = 3


def changed_line(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Compare the line coverage of the changed lines; one finding for each file with a gap."""
    del today
    if evidence.changed is None:
        return
    if evidence.changed_coverage is None:
        yield Finding(
            "changed.line",
            "error",
            f"the changed lines since {evidence.changed.base} were not measured",
            forces="inconclusive",
            help="Run gate check with --base again.",
        )
        return
    required = policy.coverage.changed.line
    yield from _gaps("line", evidence.changed_coverage, required, evidence)


def changed_branch(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Compare the branch coverage of the changed lines; one finding for each file with a gap."""
    del today
    if evidence.changed is not None and evidence.changed_coverage is not None:
        required = policy.coverage.changed.branch
        yield from _gaps("branch", evidence.changed_coverage, required, evidence)


def changed_function(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Compare the share of functions, private ones too, that are executed at all; name the others.

    A large change can bury a function that nothing runs in lines that any import executes.
    """
    del today
    required = policy.coverage.function
    measured = evidence.changed_coverage or CoverageMap(())
    # A [[path]] rule may ask less, as it may in the total.
    files = [each for each in measured.files if _functions_required(policy, each) >= required]
    ratio = sum((file.function for file in files), Ratio(0, 0))
    met = ratio.meets(required)
    forces = None if met else forced_by_shortfall(evidence)
    unreached = [(file.path, function) for file in files for function in file.missing_functions]
    for path, function in sorted(unreached, key=lambda each: (each[0], each[1].line)):
        yield Finding(
            "changed.function",
            "note" if met else "error",
            f"no test executes {function.qualname}{runs_when(function)}, which the change adds or edits",
            forces=forces,
            path=path,
            line=function.line,
            measured=ratio.percent,
            required=float(required),
            help="Test it, or delete it.",
        )


def changed_nothing(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Say by name that a change has no line to check, so that silence never reads as a pass."""
    del policy, today
    change, coverage = evidence.changed, evidence.changed_coverage
    if change is not None and coverage is not None and coverage.total("line").total == 0:
        files = "1 changed file" if len(change.files) == 1 else f"{len(change.files)} changed files"
        python = [file.path for file in change.files if file.lines and file.path.endswith(".py")]
        unmeasured = sorted(set(python) - {file.path for file in evidence.coverage.files})
        if unmeasured:
            more = len(unmeasured) - _NAMED_FILES
            files += f"; not measured: {', '.join(unmeasured[:_NAMED_FILES])}"
            files += f" and {more} more" if more > 0 else ""
        yield Finding(
            "changed.nothing",
            "note",
            f"the change since {change.base} has no measured line to check ({files})",
            help="Nothing to do, unless the change should have touched code in [source] include.",
        )


def _functions_required(policy: Policy, file: FileCoverage) -> Decimal:
    return policy.thresholds_for(file.path).function


def _gaps(
    kind: Literal["line", "branch"], coverage: CoverageMap, required: Decimal, evidence: Evidence
) -> Iterator[Finding]:
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
