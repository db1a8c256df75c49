"""The suite as it ran: each test's outcome, why it was red, and what stands in doubt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal

Outcome = Literal[
    "passed", "failed", "error", "skipped", "xfailed", "xpassed", "timeout", "crashed", "excluded"
]
RED: frozenset[Outcome] = frozenset({"failed", "error", "timeout", "crashed"})
GREEN: frozenset[Outcome] = frozenset({"passed", "xpassed"})

CauseKind = Literal["test", "collection", "crash", "timeout", "flaky", "order", "environment"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a test did not pass: the kind, and the group of failures that share one root.

    `group` is the same in every run and for every test of the group; `text` is what this test said.
    """

    kind: CauseKind
    group: str
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """What became of one test of the baseline."""

    __test__: ClassVar[bool] = False

    test: str
    outcome: Outcome
    seconds: float = 0.0
    message: str = ""
    detail: str = ""
    path: str = ""
    line: int | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One excluded test and the policy's reason for leaving it out."""

    test: str
    pattern: str
    reason: str
    owner: str
    expires: date


@dataclass(frozen=True, slots=True)
class Problem:
    """A hole in the evidence: something that should have been measured and was not."""

    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class OrderProbe:
    """Which tests were run a second time in another order, and which of them need company.

    `dependent` pass in the suite and fail alone.
    """

    probed: int = 0
    total: int = 0
    dependent: tuple[str, ...] = ()
    reason: str = ""


# In the environment of a run: what --python must say for the next command to run the tests as it did.
INTERPRETER_OPTION = "interpreter option"


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """How pytest ended after the last test, all of them green: its own exit status says more than they do.

    `status` is None where that is not known, and `message` says why; else it says what objected, as far as
    that is known. `whole`: all tests ran in one process, not each share in its own.
    """

    status: int | None
    message: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """The baseline: the unmutated suite as it ran under supervision."""

    outcomes: tuple[TestOutcome, ...]
    exclusions: tuple[Exclusion, ...] = ()
    problems: tuple[Problem, ...] = ()
    order: OrderProbe = OrderProbe()
    seconds: float = 0.0
    environment: Mapping[str, str] = field(default_factory=dict)
    isolation: Mapping[str, str] = field(default_factory=dict)
    ended: SessionEnd | None = None

    def counts(self) -> Counter[Outcome]:
        """Count the tests by outcome; `excluded` counts tests that were never run."""
        counter: Counter[Outcome] = Counter(outcome.outcome for outcome in self.outcomes)
        counter["excluded"] = len(self.exclusions)
        return counter

    def passing(self) -> frozenset[str]:
        """Name the tests that passed."""
        return frozenset(o.test for o in self.outcomes if o.outcome in GREEN)
