"""What is to be run for a mutant, and how far that has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gate.model import Mutant

# Into the live functions of the collected process, or before the project is imported.
Route = Literal["switch", "import"]
# `neutral` and `again` run a test with unchanged code put in place, `original` with nothing put in place.
Kind = Literal["mutant", "alone", "neutral", "again", "original"]
NEUTRAL: frozenset[Kind] = frozenset({"neutral", "again"})
UNCHANGED: frozenset[Kind] = NEUTRAL | {"original"}
# What a red test lacks where mutants run: the right to write, in the repository or elsewhere, the network, or
# nothing that is known.
Lack = Literal["repository", "elsewhere", "network", "other"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a test is red: what it lacks, and what it `raised`, with the path that it may not write."""

    kind: Lack
    raised: str

    @property
    def denied(self) -> bool:
        """Say whether it may pass where tests may do all that pytest lets them do."""
        return self.kind != "other"


@dataclass(frozen=True, slots=True)
class MutantPlan:
    """A mutant and the tests that can kill it, the most promising first.

    `tests` ran its lines; `importing` are those of the files that import it, where its code runs at import,
    as that of a function may. What it does there stays when live functions are exchanged (the constants that
    it computed, what a test file expects of it), so such a mutant has to be there from the beginning.
    `afterwards` are such tests for a default that survives among live functions: a decorator or a table may
    have read it when its function was made.
    """

    mutant: Mutant
    tests: tuple[int, ...]
    importing: tuple[int, ...] = ()
    afterwards: tuple[int, ...] = ()

    @property
    def covering(self) -> tuple[int, ...]:
        """All tests that can notice the mutant; none means that it is not covered."""
        return self.tests or self.importing


@dataclass
class Trial:
    """What is known of a mutant so far: the route it takes, the tests that are left, the one in doubt.

    `later` are tests for when those that are left have passed. `unrunnable` counts those that the route
    cannot run, `doubted` those that failed in company and not alone. `failure` is that of the suspect;
    `denied` are tests that pass on the original and failed because of what mutants may not do. `slow` says
    that a test of it ran into its limit and passed when it was given more time.
    `proved` says that the suspect has failed alone, in a process that nothing ran in before.
    `late` is why it could not be there before its file was imported: now only a kill says something.
    `unsound` are tests that failed under it and on the original too: on no route are they evidence.
    """

    plan: MutantPlan
    route: Route
    left: tuple[int, ...]
    ran: int = 0
    seconds: float = 0.0
    suspect: int = -1
    ending: str = ""
    reason: str = ""
    proved: bool = False
    later: tuple[int, ...] = ()
    unrunnable: int = 0
    doubted: int = 0
    failure: Failure | None = None
    denied: list[tuple[int, Failure]] = field(default_factory=list)
    slow: bool = False
    late: str = ""
    unsound: set[int] = field(default_factory=set)

    @property
    def asked(self) -> tuple[int, ...]:
        """Give all tests that its route asks."""
        plan = self.plan
        late = plan.afterwards if self.route == "import" else ()
        return plan.importing or late or plan.tests

    def suspected(
        self, test: int, ending: str = "end", reason: str = "", *, proved: bool = False
    ) -> None:
        """Note the test that failed, or in which the worker ended."""
        self.suspect, self.ending, self.reason, self.proved = test, ending, reason, proved
        self.failure = None

    def kept_from(self, test: int, failure: Failure) -> None:
        """Note the test that failed for what mutants may not do."""
        self.suspected(test)
        self.failure = failure

    def cleared(self, *, unsound: bool) -> tuple[int, ...]:
        """Give up the suspect; what is left are the tests after it."""
        position = self.left.index(self.suspect)
        if unsound:
            self.unsound.add(self.suspect)
        self.left = self.left[position + 1 :]
        return self.left
