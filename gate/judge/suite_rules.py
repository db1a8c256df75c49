"""Rules about the baseline: was it measured, did it pass, can it be believed, what was left out."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import PurePosixPath

from gate.model import (
    RED,
    Cause,
    CauseKind,
    CoverageMap,
    Evidence,
    Finding,
    Problem,
    SuiteRun,
    TestOutcome,
)
from gate.policy.model import Policy, TestExclusion
from gate.results.groups import words_for

_NAMED_TESTS = 2
_CORRECT = (
    "Correct what the reason names (split a function that is nested too deeply), or leave the file out of "
    "[source] include."
)
_AS_NEW = (
    "Install the gate with a Python as new as that of the tests, and run it from there; if the file is no "
    "Python there either, correct it."
)
_TRY_AGAIN = "Remove the cause that the message names and run gate check again."


def suite_measured(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Demand evidence: a test that passed, a line that was measured, and no hole in either."""
    del policy, today
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
            "suite.measured",
            "warning",
            "it holds tests, and pytest collected none of them: it is neither run nor measured",
            path=path,
            help="Let pytest collect it, or name it in [source] include if it is code.",
        )


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
    return Finding(
        "suite.measured", "error", message, forces="inconclusive", path=path, help=help_text
    )


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


def suite_passed(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Demand that no test is red; one finding for each cause, the one with most tests first."""
    del policy, today
    for cause, tests in evidence.suite.failures():
        first = tests[0]
        told = words_for(cause, len(tests))
        yield Finding(
            "suite.passed",
            "error",
            f"{told}; {_listed(tests)}",
            forces="fail",
            path=first.path or None,
            line=first.line,
            measured=float(len(tests)),
            required=0.0,
            help=_remedy(cause, first, evidence),
        )


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


def suite_order(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Refuse a suite whose tests pass in company and fail alone: its green contradicts itself."""
    del policy, today
    dependent = sorted(evidence.suite.order.dependent)
    places = {each.test: (each.path or None, each.line) for each in evidence.suite.outcomes}
    for test in dependent:
        path, line = places.get(test, (None, None))
        yield Finding(
            "suite.order",
            "error",
            f"{test} passes in the suite and fails alone",
            forces="inconclusive",
            path=path,
            line=line,
            help="Run the test alone, and let it set up what it misses by itself; until then, "
            '`order = "off"` in [tests] of the policy leaves the order unchecked.',
        )


def suite_flaky(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Name the tests that were red once and green once on the same code."""
    del policy, today
    for outcome in sorted(evidence.suite.outcomes, key=lambda outcome: outcome.test):
        if outcome.cause is None or outcome.cause.kind != "flaky":
            continue
        red = outcome.outcome in RED
        yield Finding(
            "suite.flaky",
            "warning" if red else "error",
            f"{outcome.test} is red and green on the same code; it counts as {outcome.outcome}",
            # A green that was red a moment ago is no evidence; a red one fails in suite.passed.
            forces=None if red else "inconclusive",
            path=outcome.path or None,
            line=outcome.line,
            help="Pin what differs between two runs (seed, clock, network), or exclude the test.",
        )


def suite_ended(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Demand that pytest itself ends well after tests that all pass: a CI job sees its exit status."""
    del policy, today
    ended = evidence.suite.ended
    if ended is None or ended.status == 0:
        return
    if ended.status is None:
        yield Finding(
            "suite.ended",
            "error",
            f"how pytest ends after the last test is not known: {ended.message}",
            forces="inconclusive",
            help="Run all tests in one process, as plain pytest does: `pytest; echo $?`",
        )
        return
    because = f": {ended.message}" if ended.message else ""
    yield Finding(
        "suite.ended",
        "error",
        f"every test passes, but pytest ends with exit status {ended.status}{because}",
        forces="fail",
        measured=float(ended.status),
        required=0.0,
        help="See it with `pytest; echo $?`, and mend what objects after the last test.",
    )


def suite_exclusions(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """List what is never run, and refuse what has expired or stands in no policy."""
    counts = Counter(exclusion.pattern for exclusion in evidence.suite.exclusions)
    for entry in policy.tests.exclude:
        yield _exclusion(entry, counts[_pattern(entry)], today)
    known = {_pattern(entry) for entry in policy.tests.exclude}
    for exclusion in sorted(evidence.suite.exclusions, key=lambda exclusion: exclusion.test):
        if exclusion.pattern in known:
            continue
        yield Finding(
            "suite.exclusions",
            "error",
            f"{exclusion.test} was left out by {exclusion.pattern}, which the policy does not have",
            forces="inconclusive",
            help="Add the exclusion to the policy with reason, owner and expiry, or run the test.",
        )


def _pattern(entry: TestExclusion) -> str:
    return entry.test or f"marker {entry.marker}"


def _exclusion(entry: TestExclusion, count: int, today: date) -> Finding:
    pattern = _pattern(entry)
    tests = "1 test" if count == 1 else f"{count} tests"
    terms = f"{entry.reason} (owner {entry.owner}, until {entry.expires.isoformat()})"
    if entry.expires < today:
        return Finding(
            "suite.exclusions",
            "error",
            f"the exclusion of {pattern} ({tests}) has expired: {terms}",
            forces="fail",
            help=f"Let the tests run again, or have {entry.owner} set a later date in the policy.",
        )
    if count == 0:
        return Finding(
            "suite.exclusions",
            "warning",
            f"the exclusion of {pattern} matches no test: {terms}",
            help="Correct its pattern, or remove it from the policy.",
        )
    return Finding(
        "suite.exclusions",
        "note",
        f"{tests} not run, excluded by {pattern}: {terms}",
        help="Remove the exclusion from the policy once its reason is gone.",
    )
