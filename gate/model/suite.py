"""The suite as it ran: each test's outcome, why it was red, and what stands in doubt."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, ClassVar, Literal, TypeVar, get_args

from gate.model.values import (
    TEXT_CAP,
    Count,
    Line,
    LongText,
    Seconds,
    TailText,
    Text,
    WrittenAs,
    derived,
    derived_once,
)

Outcome = Literal[
    "passed", "failed", "error", "skipped", "xfailed", "xpassed", "timeout", "crashed", "excluded"
]
RED: frozenset[Outcome] = frozenset({"failed", "error", "timeout", "crashed"})
GREEN: frozenset[Outcome] = frozenset({"passed", "xpassed"})

CauseKind = Literal["test", "collection", "crash", "timeout", "flaky", "order", "environment"]
_KIND_OF_OUTCOME: Mapping[Outcome, CauseKind] = {"timeout": "timeout", "crashed": "crash"}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a test did not pass: the kind, and the group of failures that share one root.

    `group` is the same in every run and for every test of the group; `text` is what this test said.
    """

    kind: CauseKind
    group: Text
    text: Text = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """What became of one test of the baseline."""

    __test__: ClassVar[bool] = False

    test: Text
    outcome: Outcome
    seconds: Seconds = 0.0
    message: LongText = ""
    detail: TailText = ""
    path: Text = ""
    line: Line | None = None
    cause: Cause | None = None

    def root_cause(self) -> Cause:
        """Give the cause of a red test; one that nobody explained groups by the first line of its message."""
        if self.cause is not None:
            return self.cause
        first_line = next(iter(self.message[:TEXT_CAP].splitlines()), "")
        kind = _KIND_OF_OUTCOME.get(self.outcome, "test")
        return Cause(kind, first_line or f"{self.outcome} without a message")


@dataclass(frozen=True, slots=True)
class Group:
    """The red tests of one cause, by name."""

    cause: Cause
    tests: tuple[Text, ...]

    @derived
    def count(self) -> int:
        """Count the tests."""
        return len(self.tests)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One excluded test and the policy's reason for leaving it out."""

    test: Text
    pattern: Text
    reason: Text
    owner: Text
    expires: date


Test = TypeVar("Test", TestOutcome, Exclusion)


@dataclass(frozen=True, slots=True)
class Problem:
    """A hole in the evidence: something that should have been measured and was not."""

    subject: Text
    message: Text


@dataclass(frozen=True, slots=True)
class OrderProbe:
    """Which tests were run a second time in another order, and which of them need company.

    `dependent` pass in the suite and fail alone.
    """

    probed: Count = 0
    total: Count = 0
    dependent: tuple[Text, ...] = ()
    reason: Text = ""


def _by_name(tests: Iterable[Test]) -> tuple[Test, ...]:
    return tuple(sorted(tests, key=lambda test: test.test))


# In the environment of a run: what --python must say for the next command to run the tests as it did.
INTERPRETER_OPTION = "interpreter option"


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """How pytest ended after the last test, all of them green: its own exit status says more than they do.

    `status` is None where that is not known, and `message` says why; else it says what objected, as far as
    that is known. `whole`: all tests ran in one process, not each share in its own.
    """

    status: int | None
    message: LongText = ""
    whole: bool = False


@dataclass(frozen=True)
class SuiteRun:
    """The baseline: the unmutated suite as it ran under supervision."""

    outcomes: Annotated[
        tuple[TestOutcome, ...], WrittenAs(tuple[TestOutcome, ...], _by_name, tuple)
    ]
    exclusions: Annotated[
        tuple[Exclusion, ...], WrittenAs(tuple[Exclusion, ...], _by_name, tuple)
    ] = ()
    problems: tuple[Problem, ...] = ()
    order: OrderProbe = OrderProbe()
    seconds: Seconds = 0.0
    environment: Mapping[Text, Text] = field(default_factory=dict)
    isolation: Mapping[Text, Text] = field(default_factory=dict)
    ended: SessionEnd | None = None

    @derived_once
    def counts(self) -> Mapping[Outcome, int]:
        """Count the tests by outcome; `excluded` counts tests that were never run."""
        counter: Counter[Outcome] = Counter(outcome.outcome for outcome in self.outcomes)
        counter["excluded"] = len(self.exclusions)
        return {outcome: counter[outcome] for outcome in get_args(Outcome)}

    @derived_once
    def groups(self) -> tuple[Group, ...]:
        """Name the red tests by cause, in the order of `failures`."""
        return tuple(
            Group(cause, tuple(test.test for test in tests)) for cause, tests in self.failures()
        )

    def failures(self) -> list[tuple[Cause, list[TestOutcome]]]:
        """Group the red tests by cause, tests by name.

        Files that were not collected come first, as no test of them ran; then the largest group.
        """
        by_cause: dict[Cause, list[TestOutcome]] = defaultdict(list)
        for outcome in self.outcomes:
            if outcome.outcome in RED:
                by_cause[outcome.root_cause()].append(outcome)
        ordered = (sorted(tests, key=lambda test: test.test) for tests in by_cause.values())
        # The text that is shown of a group is that of its first test.
        return sorted(((tests[0].root_cause(), tests) for tests in ordered), key=_rank)

    def passing(self) -> frozenset[str]:
        """Name the tests that passed."""
        return frozenset(o.test for o in self.outcomes if o.outcome in GREEN)


def _rank(failure: tuple[Cause, list[TestOutcome]]) -> tuple[bool, int, str, str]:
    cause, tests = failure
    return cause.kind != "collection", -len(tests), cause.kind, cause.group
