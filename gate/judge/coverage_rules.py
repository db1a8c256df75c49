"""Rules about coverage: each kind compared exactly and on its own, in total and by path rule.

With a hole in the evidence coverage is an interval, for what was not seen may have been covered:
a measured value below the threshold is then inconclusive, and never a pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from gate.model import (
    RED,
    CoverageKind,
    Demand,
    Evidence,
    FileCoverage,
    Finding,
    Function,
    Ratio,
)
from gate.policy.model import PathRule, Policy

KINDS: tuple[CoverageKind, ...] = ("line", "branch", "function")
_WORST_FILES = 3
_NAMED_FUNCTIONS = 20
_HELP: dict[CoverageKind, str] = {
    "line": "Add tests that run the missing lines, or delete dead code.",
    "branch": "Add tests for the branches that are not taken.",
    "function": "Call each unreached public function from a test, or make it private.",
}


def coverage_line(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Compare the line coverage in total."""
    del today
    yield from _total("line", policy, evidence)


def coverage_branch(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Compare the branch coverage in total."""
    del today
    yield from _total("branch", policy, evidence)


def coverage_function(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Compare the share of public functions that a passing test reaches, and name the others."""
    del today
    below = list(_total("function", policy, evidence))
    if below:
        yield from below
        yield from _unreached(in_total("function", policy, evidence), below[0].forces)


def coverage_path(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Compare the files of each [[path]] rule on their own; the last rule with the kind counts."""
    del today
    for rule in policy.path:
        for kind in KINDS:
            required = getattr(rule.coverage, kind)
            if required is not None:
                files = [
                    file
                    for file in evidence.coverage.files
                    if _deciding_rule(policy, kind, file.path) is rule
                ]
                what = f'{kind} coverage of "{rule.match}"'
                yield from _compare("coverage.path", what, kind, files, required, evidence)


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


def _total(kind: CoverageKind, policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    files = in_total(kind, policy, evidence)
    what = f"{kind} coverage"
    if len(files) < len(evidence.coverage.files):
        what += " outside the looser [[path]] rules"
    required: Decimal = getattr(policy.coverage, kind)
    yield from _compare(f"coverage.{kind}", what, kind, files, required, evidence)


def _compare(
    rule: str,
    what: str,
    kind: CoverageKind,
    files: Sequence[FileCoverage],
    required: Decimal,
    evidence: Evidence,
) -> Iterator[Finding]:
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


def _unreached(files: Iterable[FileCoverage], forces: Demand | None) -> Iterator[Finding]:
    unreached = [
        (file.path, function)
        for file in sorted(files, key=lambda file: file.path)
        for function in sorted(file.missing_functions, key=lambda function: function.line)
    ]
    for path, function in unreached[:_NAMED_FUNCTIONS]:
        yield Finding(
            "coverage.function",
            "error",
            f"no passing test reaches {function.qualname}{runs_when(function)}",
            forces=forces,
            path=path,
            line=function.line,
            help="Call it from a test that checks what it returns or changes.",
        )
    more = len(unreached) - _NAMED_FUNCTIONS
    if more > 0:
        several = "function" if more == 1 else "functions"
        yield Finding(
            "coverage.function",
            "error",
            f"no passing test reaches {more:,} more public {several}",
            forces=forces,
            help="Find them under coverage.files in the results document.",
        )


def _deciding_rule(policy: Policy, kind: CoverageKind, path: str) -> PathRule | None:
    setting = [
        rule
        for rule in policy.path
        if getattr(rule.coverage, kind) is not None and rule.matches(path)
    ]
    return setting[-1] if setting else None
