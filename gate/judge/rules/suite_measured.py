"""Rule suite.measured: tests ran and coverage is complete."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gate.judge.rule import Rule
from gate.model import (
    RED,
    CoverageMap,
    Evidence,
    Finding,
    Problem,
    SuiteRun,
)

ID = "suite.measured"


def find(evidence: Evidence) -> Iterator[Finding]:
    """Demand evidence: a test that passed, a line that was measured, and no hole in either."""
    suite, coverage = evidence.suite, evidence.coverage
    changed = evidence.changed_coverage or CoverageMap(())
    unreadable = {
        Problem(file.path, file.unreadable): file.path
        for file in (*coverage.files, *changed.files)
        if file.unreadable
    }
    problems = (*suite.problems, *coverage.problems, *changed.problems, *unreadable)
    for problem in dict.fromkeys(problems):
        path = unreadable.get(problem)
        newer = _newer(suite.environment) if path else ""
        yield _unmeasured(
            f"{problem.subject}: {newer}{problem.message}",
            (_AS_NEW if newer else _CORRECT) if path else _TRY_AGAIN,
            path=path,
        )
    # A problem of the suite and a red test force their verdicts themselves; they say why nothing passed.
    if not suite.passing() and not suite.problems and not _has_red(suite):
        yield _none_passed(suite)
    if coverage.total("line").total == 0 and not suite.problems:
        yield _unmeasured(
            "no line was measured", "Name the code to measure in [source] include, or as PATHS."
        )
    for path in coverage.unrun:
        yield Finding(
            ID,
            "warning",
            "it holds tests, and pytest collected none of them: it is neither run nor measured",
            path=path,
            help="Let pytest collect it, or name it in [source] include if it is code.",
        )


_CORRECT = (
    "Correct what the reason names (split a function that is nested too deeply), or leave the file out of "
    "[source] include."
)


_AS_NEW = (
    "Install the gate with a Python as new as that of the tests, and run it from there; if the file is no "
    "Python there either, correct it."
)


_TRY_AGAIN = "Remove the cause that the message names and run gate check again."


def _newer(environment: Mapping[str, str]) -> str:
    """Say that the gate's Python is older than that of the tests, whose syntax it may not know."""
    ours, theirs = (_minor(environment.get(name, "")) for name in ("gate python", "python"))
    if not ours or not theirs or ours >= theirs:
        return ""
    return f"Python 3.{ours} of the gate cannot read it, the tests run with 3.{theirs}: "


def _minor(version: str) -> int:
    """Give the minor version of `3.12.1`, 0 for what is no version of Python 3."""
    found = re.match(r"3\.(\d+)", version)
    return int(found[1]) if found else 0


def _unmeasured(message: str, help_text: str, path: str | None = None) -> Finding:
    return Finding(ID, "error", message, forces="inconclusive", path=path, help=help_text)


def _has_red(suite: SuiteRun) -> bool:
    return any(outcome.outcome in RED for outcome in suite.outcomes)


def _none_passed(suite: SuiteRun) -> Finding:
    counts = [f"{count} {outcome}" for outcome, count in sorted(suite.counts.items()) if count]
    if counts:
        return _unmeasured(
            f"no test passed: {', '.join(counts)}", "Let at least one test run here and pass."
        )
    return _unmeasured(
        "no tests were collected",
        "See what pytest --collect-only finds, and point [tests] paths at the tests.",
    )


rule = Rule(
    id=ID,
    title="Tests ran and coverage is complete",
    checks=(
        "At least one test passed, at least one line was measured, every measured file could be "
        "parsed, and nothing that should have been measured was lost on the way. A file with tests of "
        "which pytest collected none is named."
    ),
    why=(
        "Gates have shown green for months over suites that never ran. Missing evidence counts as "
        "missing, never as good."
    ),
    fix=(
        "Read the finding: it names what was lost. Usual causes are a wrong `[tests] paths`, tests "
        "that all skip because a dependency is missing, a source file with a syntax error, and a test "
        "that replaces the coverage tracer."
    ),
    forces="INCONCLUSIVE; nothing for tests that were not collected: a warning.",
    find=find,
)
