"""The suite, run once before there is a policy: under supervision, with coverage and a sample of mutants."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from gate.model import DETECTED, RED, VALID, Evidence, MutantResult, MutationRun, TestOutcome
from gate.mutate.stage import BUDGET
from gate.partial import PartialEvidence, Progress
from gate.pipeline import gather
from gate.request import Request, read_subject

# Seconds for the mutants: enough for a first figure, short enough to wait for.
MUTANT_SECONDS = 60
# How sure a figure from a sample is, in standard deviations below what the sample says.
_SURE = 2


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of the mutants of a file: how many count, how many of them were tried and detected.

    `reached` are those that some test runs.
    """

    valid: int
    reached: int
    tried: int
    detected: int

    @property
    def whole(self) -> bool:
        """Say whether every mutant that a test runs was tried."""
        return self.tried == self.reached

    def least_score(self) -> int:
        """Give a score that the file very likely reaches, in percent, rounded down.

        Where only a sample was tried it is the lower end of Wilson's interval (E. B. Wilson, 1927).
        """
        if not self.valid or not self.tried:
            return 0
        if self.whole:
            return self.detected * 100 // self.valid
        share = _lower_end(self.detected, self.tried)
        return math.floor(100 * share * self.reached / self.valid)


@dataclass(frozen=True, slots=True)
class Trial:
    """What one run of the suite says of a repository that has no policy yet."""

    evidence: Evidence

    @property
    def outcomes(self) -> tuple[TestOutcome, ...]:
        """What became of each test."""
        return self.evidence.suite.outcomes

    def uncollected(self) -> tuple[str, ...]:
        """Name the files that could not be collected."""
        red = (each for each in self.red() if each.cause and each.cause.kind == "collection")
        return tuple(dict.fromkeys(each.path or each.test for each in red))

    def slowest(self) -> TestOutcome | None:
        """Give the test that took longest of those that came to their end."""
        ended = [each for each in self.outcomes if each.outcome != "timeout"]
        return max(ended, key=lambda each: each.seconds, default=None)

    def red(self) -> tuple[TestOutcome, ...]:
        """Give the tests that did not pass."""
        return tuple(each for each in self.outcomes if each.outcome in RED)

    def sample(self, path: str) -> Sample:
        """Sum up what is known of the mutants of one file."""
        results = [each for each in self._results() if each.mutant.path == path]
        valid = [each for each in results if each.status in VALID]
        reached = [each for each in valid if each.status != "NoCoverage"]
        tried = [each for each in reached if not _is_untried(each)]
        return Sample(
            len(valid), len(reached), len(tried), sum(each.status in DETECTED for each in tried)
        )

    def share_run(self, paths: Iterable[str]) -> dict[str, int]:
        """Say of each file which share of its mutants in functions some passing test runs, in percent."""
        shares: dict[str, int] = {}
        for path in paths:
            called = [
                each
                for each in self._results()
                if each.mutant.path == path
                and each.mutant.moment == "call"
                and each.status in VALID
            ]
            run = sum(each.status != "NoCoverage" for each in called)
            shares[path] = run * 100 // len(called) if called else 0
        return shares

    def narrowed(self, core: Iterable[str]) -> Evidence:
        """Give the evidence as a run under a policy with this core would have it, as far as it was tried."""
        chosen = frozenset(core)
        mutation = self.evidence.mutation
        if mutation is None:
            return self.evidence
        results = tuple(
            each
            for each in mutation.results
            if each.mutant.path in chosen and not _is_untried(each)
        )
        return replace(
            self.evidence,
            mutation=replace(
                mutation,
                results=results,
                core=tuple(path for path in mutation.core if path in chosen),
            ),
        )

    def _results(self) -> tuple[MutantResult, ...]:
        return (self.evidence.mutation or MutationRun(())).results


def run_trial(start: Path, policy: str, jobs: int, python: str | None, progress: Progress) -> Trial:
    """Run the suite of the repository around `start` under the text of a policy, and mutants for a minute.

    Nothing is written in the repository. Raises GateError as a run would.
    """
    with TemporaryDirectory(prefix="gate-init-") as folder:
        draft = Path(folder) / "gate.toml"
        draft.write_text(policy, encoding="utf-8")
        request = Request(start, policy=draft, jobs=jobs, budget=MUTANT_SECONDS)
        request = request if python is None else replace(request, python=python)
        subject = read_subject(request)
        return Trial(gather(subject, request, Path(folder) / "out", PartialEvidence(progress)))


def _is_untried(result: MutantResult) -> bool:
    return result.status == "Pending" and result.reason == BUDGET


def _lower_end(hits: int, tries: int) -> Fraction | float:
    """Give the lower end of Wilson's interval for a share of which a sample is known, 0 to 1."""
    share, square = hits / tries, _SURE**2
    centre = share + square / (2 * tries)
    spread = _SURE * math.sqrt(share * (1 - share) / tries + square / (4 * tries**2))
    return max(0.0, (centre - spread) / (1 + square / tries))
