"""The red tests of a suite by cause, and the words for one cause."""

from __future__ import annotations

from collections import defaultdict

from gate.model import RED, Cause, CauseKind, Outcome, SuiteRun, TestOutcome

ASSERTED = "AssertionError"
_KIND_OF_OUTCOME: dict[Outcome, CauseKind] = {"timeout": "timeout", "crashed": "crash"}
_WORDS: dict[CauseKind, tuple[str, str]] = {
    "test": ("test failed", "tests failed"),
    "collection": ("test file could not be collected", "test files could not be collected"),
    "crash": ("test crashed", "tests crashed"),
    "timeout": ("test timed out", "tests timed out"),
    "flaky": ("test is flaky", "tests are flaky"),
    "order": ("test depends on the order", "tests depend on the order"),
    "environment": ("test failed", "tests failed"),
}
_UNIMPORTED = ("test file could not be imported", "test files could not be imported")
_IMPORT_ERRORS = ("ModuleNotFoundError: ", "ImportError: ")


def failure_groups(suite: SuiteRun) -> list[tuple[Cause, list[TestOutcome]]]:
    """Group the red tests by cause, tests by name.

    Files that were not collected come first, as no test of them ran; then the largest group.
    """
    groups: dict[Cause, list[TestOutcome]] = defaultdict(list)
    for outcome in suite.outcomes:
        if outcome.outcome in RED:
            groups[cause_of(outcome)].append(outcome)
    found = [sorted(tests, key=lambda test: test.test) for tests in groups.values()]
    # The text that is shown of a group is that of its first test.
    pairs = [(cause_of(tests[0]), tests) for tests in found]
    return sorted(pairs, key=_rank)


def cause_of(outcome: TestOutcome) -> Cause:
    """Give the cause of a red test; one that nobody explained groups by the first line of its message."""
    if outcome.cause is not None:
        return outcome.cause
    kind = _KIND_OF_OUTCOME.get(outcome.outcome, "test")
    first_line = next(iter(outcome.message.splitlines()), "")
    return Cause(kind, first_line or f"{outcome.outcome} without a message")


def words_for(kind: CauseKind, group: str, count: int, text: str) -> str:
    """Say in one line how many tests a cause made red, and what the first of them said."""
    words = _WORDS[kind]
    if kind == "collection" and text.startswith(_IMPORT_ERRORS):
        words, text = _UNIMPORTED, text.partition(": ")[2]
    # Assertions are one group whatever they compared, so the text is that of one of them only.
    such_as = " in an assertion, such as" if group == ASSERTED and count > 1 else ""
    return f"{count:,} {words[count != 1]}{such_as}: {text}"


def _rank(pair: tuple[Cause, list[TestOutcome]]) -> tuple[bool, int, str, str]:
    cause, tests = pair
    return cause.kind != "collection", -len(tests), cause.kind, cause.group
