"""What a run has found so far: the evidence of a run that is interrupted."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from gate.errors import InterruptedRunError
from gate.judge.verdict import judged
from gate.judge.verify import verify
from gate.measure.baseline import Watcher
from gate.model import (
    DETECTED,
    Command,
    CoverageMap,
    Evidence,
    Mutant,
    MutantResult,
    MutationRun,
    NotJudged,
    Problem,
    SuiteRun,
    TestOutcome,
)
from gate.mutate.campaign import Campaign
from gate.policy.model import Policy
from gate.request import shown
from gate.results.document import publish

_NO_CONTROL = "no test failed with it, and the control of its function was not run"


class Progress(Watcher, Protocol):
    """Who wants to know which stage a check is in."""

    def stage(self, name: str) -> None:
        """A stage begins."""

    def mutating(self, mutants: int) -> None:
        """So many mutants will get a result."""

    def mutated(self, result: MutantResult) -> None:
        """One of them has one, or a new one."""


class PartialEvidence:
    """Remembers what a run reports, and passes every report on to `progress`.

    `suite`, `coverage` and `mutation` are set once they are complete. Before that, what was reported stands
    for suite and mutants, and the coverage is unknown.
    """

    def __init__(self, progress: Progress) -> None:
        self.suite: SuiteRun | None = None
        self.coverage: CoverageMap | None = None
        self.mutation: MutationRun | None = None
        self.not_judged: tuple[NotJudged, ...] = ()
        self._progress = progress
        self._outcomes: dict[str, TestOutcome] = {}
        self._collected = 0
        self._campaign: Campaign | None = None
        self._mutants: Sequence[Mutant] = ()
        self._results: dict[str, MutantResult] = {}
        self._began = 0.0

    @property
    def is_empty(self) -> bool:
        """Say whether no test has run yet."""
        return not self._outcomes and self.suite is None

    def stage(self, name: str) -> None:
        """A stage begins."""
        self._progress.stage(name)

    def note(self, line: str) -> None:
        """Something is said that stays on the screen."""
        self._progress.note(line)

    def collected(self, tests: int) -> None:
        """So many tests will run."""
        self._collected = tests
        self._progress.collected(tests)

    def ran(self, outcome: TestOutcome) -> None:
        """One of them has run."""
        self._outcomes[outcome.test] = outcome
        self._progress.ran(outcome)

    def rechecking(self) -> None:
        """A test has run a second time."""
        self._progress.rechecking()

    def plan(self, campaign: Campaign, mutants: Sequence[Mutant]) -> None:
        """These mutants will get a result."""
        self._campaign, self._mutants = campaign, mutants
        self._began = time.monotonic()

    def mutating(self, mutants: int) -> None:
        """So many mutants will get a result."""
        self._progress.mutating(mutants)

    def mutated(self, result: MutantResult) -> None:
        """One of them has one, or a new one."""
        self._results[result.mutant.id] = result
        self._progress.mutated(result)

    def summary(self) -> str:
        """Say in a few words how far the run came."""
        if self._campaign is not None:
            return f"{len(self._results):,} of {len(self._mutants):,} mutants had a result"
        ran = len(self._outcomes)
        return f"{ran:,} of {max(ran, self._collected):,} tests had run"

    def evidence(self, command: Command, why: str) -> Evidence:
        """Put together what there is; `why` is the problem that keeps it from being a PASS."""
        problem = Problem("the run", why)
        suite = self.suite or SuiteRun(tuple(self._outcomes.values()))
        coverage = self.coverage or CoverageMap((), (problem,))
        mutation = self.mutation or self._mutation(problem)
        if self.suite is None or mutation is None or not mutation.problems:
            # Else the suite came to its end, and only the mutants did not.
            suite = replace(suite, problems=(*suite.problems, problem))
        return Evidence(
            suite, coverage, mutation=mutation, command=command, not_judged=self.not_judged
        )

    def keep(self, policy: Policy, command: Command, run: Path, by: str) -> InterruptedRunError:
        """Write what there is into the folder of the run, and give the error that says where it is.

        The document is never a PASS. Raises GateError where it cannot be written.
        """
        if self.is_empty:
            return InterruptedRunError(f"interrupted {by}: no verdict, and nothing to keep")
        evidence = self.evidence(command, f"the run was interrupted {by}")
        _, written = publish(judged(policy, evidence, datetime.now(UTC)), run, verify)
        return InterruptedRunError(
            f"interrupted {by}: no verdict; {self.summary()}",
            f"see what was kept with  gate report {shlex.quote(shown(written))}  and run the same command "
            "again: it begins with what it remembers",
        )

    def _mutation(self, problem: Problem) -> MutationRun | None:
        if self._campaign is None:
            return None
        return MutationRun(
            tuple(self._so_far(problem.message)),
            core=self._campaign.files,
            changed=self._campaign.changed,
            problems=(problem,),
            seconds=time.monotonic() - self._began,
        )

    def _so_far(self, why: str) -> Iterator[MutantResult]:
        """A survivor counts only where a kill shows that the mutants of its function were in place."""
        results = self._results
        shown = {_function(each.mutant) for each in results.values() if each.status in DETECTED}
        for mutant in self._mutants:
            result = results.get(mutant.id)
            if result is None:
                yield MutantResult(mutant, "Pending", why)
            elif result.status == "Survived" and _function(mutant) not in shown:
                yield replace(result, status="Pending", reason=f"{_NO_CONTROL}: {why}")
            else:
                yield result


def _function(mutant: Mutant) -> tuple[str, str]:
    return mutant.path, mutant.function
