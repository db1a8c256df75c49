"""Rule suite.passed: no test is red."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from gate.judge.rule import Rule
from gate.model import (
    Cause,
    CauseKind,
    Evidence,
    Finding,
    TestOutcome,
)
from gate.results.groups import words_for

ID = "suite.passed"


def find(evidence: Evidence) -> Iterator[Finding]:
    """Demand that no test is red; one finding for each cause, the one with most tests first."""
    for cause, tests in evidence.suite.failures():
        first = tests[0]
        told = words_for(cause, len(tests))
        yield Finding(
            ID,
            "error",
            f"{told}; {_listed(tests)}",
            forces="fail",
            path=first.path or None,
            line=first.line,
            measured=float(len(tests)),
            required=0.0,
            help=_remedy(cause, first, evidence),
        )


_NAMED_TESTS = 2


_REMEDY: dict[CauseKind, str] = {
    "test": "Run it alone: {pytest} {test}",
    "collection": "See it alone: {pytest} --collect-only {test}",
    "crash": "See where the process ends: python -X faulthandler -m pytest {test}",
    "timeout": "Find what the first test waits for, or raise [tests] timeout if it is only slow.",
    "flaky": "Find what else the test depends on: time, order, random numbers, network.",
    "order": "Let each test set up all that it needs.",
    "environment": "Install or start what the message names, then run gate check again.",
}


_MISSING = re.compile(r"^ModuleNotFoundError: No module named '(?P<top>\w+)[\w.]*'")


def _remedy(cause: Cause, first: TestOutcome, evidence: Evidence) -> str:
    """Say what to do next about the tests of one cause."""
    missing = _MISSING.match(cause.text or cause.group)
    if missing is None:
        # What needs the root on the path finds nothing when it is started as `pytest`.
        command = "python -m pytest" if evidence.suite.environment.get("started") else "pytest"
        remedy = _REMEDY[cause.kind].replace("{pytest}", command)
        return remedy.replace("{test}", _alone(first.test))
    top = missing["top"]
    files = (PurePosixPath(file.path) for file in evidence.coverage.files)
    if any(top in (*file.parts[:-1], file.stem) for file in files):
        return (
            f"{top} is in this repository: install the project (pip install -e .) where the tests "
            "run, or add its folder to pythonpath in pytest's configuration."
        )
    where = evidence.suite.environment.get("interpreter")
    there = f"for {where}, which ran the tests" if where else "where the tests run"
    return f"Install {top} {there}, or name the Python that has it with --python."


def _alone(test: str) -> str:
    """Give the arguments that choose a test; pytest takes no name behind a folder."""
    place, _, name = test.partition("::")
    if place and name.isidentifier() and not PurePosixPath(place).suffix:
        return f"{shlex.quote(place)} -k {name}"
    return shlex.quote(test)


def _listed(tests: list[TestOutcome]) -> str:
    named = ", ".join(test.test for test in tests[:_NAMED_TESTS])
    more = len(tests) - _NAMED_TESTS
    return f"first {named} and {more} more" if more > 0 else named


rule = Rule(
    id=ID,
    title="No test is red",
    checks=(
        "That no test failed, ended in an error, timed out or crashed. Failures are grouped by cause; "
        "there is one finding for each cause, the cause with most tests first."
    ),
    why=(
        "A red test says that code or test is wrong. Coverage and mutation figures of a red suite "
        "mean little."
    ),
    fix=(
        "Start with the first cause: it explains the most tests. Run its first test alone. What "
        "cannot be mended now can be excluded in the policy, with a reason, an owner and a date."
    ),
    forces="FAIL.",
    find=find,
)
