"""Coverage against what is required of it, in the words of every rule that compares the two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from gate.model import RED, CoverageKind, Demand, Evidence, FileCoverage, Finding, Function, Ratio
from gate.policy.model import Policy

_WORST_FILES = 3
_HELP: dict[CoverageKind, str] = {
    "line": "Add tests that run the missing lines, or delete dead code.",
    "branch": "Add tests for the branches that are not taken.",
    "function": "Call each unreached public function from a test, or make it private.",
}


def in_total(kind: CoverageKind, policy: Policy, evidence: Evidence) -> list[FileCoverage]:
    """List the files that count in the total: all but those for which a [[path]] rule asks less."""
    required = getattr(policy.coverage, kind)
    return [
        file
        for file in evidence.coverage.files
        if getattr(policy.thresholds_for(file.path), kind) >= required
    ]


def forced_by_shortfall(evidence: Evidence) -> Demand:
    """Say what coverage below a threshold demands: a fail only where nothing hides evidence."""
    return "fail" if evidence.complete else "inconclusive"


def shortfall(what: str, ratio: Ratio, required: Decimal, evidence: Evidence) -> str:
    """Write what is measured, what is required, and why that may not be the whole truth."""
    whole = forced_by_shortfall(evidence) == "fail"
    text = (
        f"{what} is {'' if whole else 'at least '}{number(ratio.percent)} %, "
        f"{number(required)} % is required ({ratio.covered:,} of {ratio.total:,})"
    )
    return text if whole else f"{text}; {_hole(evidence)}, so it may be higher"


def _hole(evidence: Evidence) -> str:
    """Say why coverage is not all that there may be, by the gravest cause."""
    red = [outcome for outcome in evidence.suite.outcomes if outcome.outcome in RED]
    kinds = Counter(outcome.root_cause().kind for outcome in red)
    if files := kinds["collection"]:
        return f"{files:,} test {'file' if files == 1 else 'files'} could not be collected"
    if not evidence.suite.passing():
        return "no test passed"
    if ended := kinds["timeout"] + kinds["crash"]:
        return f"{ended:,} {'test' if ended == 1 else 'tests'} did not come to the end"
    return "some of it could not be measured"


def runs_when(function: Function) -> str:
    """Add to the name of an unreached function that it runs at import, where it does."""
    return ", which runs at import only" if function.at_import else ""


def number(value: float | Decimal | None) -> str:
    """Write a percentage without needless zeros."""
    return "-" if value is None else f"{Decimal(str(value)).normalize():f}"


def compare_total(kind: CoverageKind, policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Compare one kind of coverage of all files with what is required of it."""
    files = in_total(kind, policy, evidence)
    what = f"{kind} coverage"
    if len(files) < len(evidence.coverage.files):
        what += " outside the looser [[path]] rules"
    required: Decimal = getattr(policy.coverage, kind)
    yield from compare(f"coverage.{kind}", what, kind, files, required, evidence)


def compare(
    rule: str,
    what: str,
    kind: CoverageKind,
    files: Sequence[FileCoverage],
    required: Decimal,
    evidence: Evidence,
) -> Iterator[Finding]:
    """Compare one kind of coverage of some files with what is required of it."""
    ratio = sum((getattr(file, kind) for file in files), Ratio(0, 0))
    if ratio.meets(required):
        return
    forces = forced_by_shortfall(evidence)
    yield Finding(
        rule,
        "error",
        shortfall(what, ratio, required, evidence) + _worst(files, kind),
        forces=forces,
        measured=ratio.percent,
        required=float(required),
        help=_HELP[kind],
    )


def _worst(files: Sequence[FileCoverage], kind: CoverageKind) -> str:
    """Name the files that lack most, as they move the total most; a file alone needs no name."""
    if len(files) == 1:
        return ""
    lacking = [(getattr(file, kind), file.path) for file in files]
    lacking = [(ratio, path) for ratio, path in lacking if ratio.covered < ratio.total]
    lacking.sort(key=lambda item: (item[0].covered - item[0].total, item[1]))
    named = [f"{path} {number(ratio.percent)} %" for ratio, path in lacking[:_WORST_FILES]]
    return f"; most is missing in {', '.join(named)}"
