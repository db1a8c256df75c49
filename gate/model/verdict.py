"""All that the rules may look at, what each of them finds, and what follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from gate.model.change import ChangedLines, RulesOfChange
from gate.model.coverage import CoverageMap
from gate.model.mutation import LostKills, MutationRun
from gate.model.suite import SuiteRun, TestOutcome
from gate.model.values import Line, Text, derived

Level = Literal["error", "warning", "note"]
Command = Literal["check", "mutate"]
IsolationLevel = Literal["basic", "partial", "full"]
Decision = Literal["pass", "fail", "inconclusive"]
Demand = Literal["fail", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule has to say; `forces` is the verdict it demands, None for mere advice."""

    rule: Text
    level: Level
    message: Text
    forces: Demand | None = None
    path: Text | None = None
    line: Line | None = None
    measured: float | None = None
    required: float | None = None
    help: Text = ""


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A part of the question that a run was not asked, such as `mutation`, and `why`: by which words."""

    what: Text
    why: Text


MUTATION, LOST_KILLS, COVERAGE = "mutation", "lost kills", "coverage"


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the rules may look at. `changed_coverage` is the coverage of the changed lines;
    `mutation` and `lost` are None where they did not run. `mutate` judges mutants only, not coverage.
    `rules` are what a change does to its own rules, None without a base. `not_judged` is what the
    command line left out: nothing is required of it.
    """

    suite: SuiteRun
    coverage: CoverageMap
    changed: ChangedLines | None = None
    changed_coverage: CoverageMap | None = None
    mutation: MutationRun | None = None
    command: Command = "check"
    lost: LostKills | None = None
    rules: RulesOfChange | None = None
    not_judged: tuple[NotJudged, ...] = ()

    @property
    def mutant_run(self) -> MutationRun:
        """Give what became of the mutants; an empty run where none was made."""
        return self.mutation or MutationRun(())

    @property
    def coverage_of_change(self) -> CoverageMap:
        """Give the coverage of the changed lines; of no file where it was not measured."""
        return self.changed_coverage or CoverageMap(())

    def asks_for(self, what: str) -> bool:
        """Say whether the run was asked to judge something."""
        return all(part.what != what for part in self.not_judged)

    @derived
    def complete(self) -> bool:
        """Say whether all coverage was seen; else what was measured is the low end of an interval."""
        maps = [part for part in (self.coverage, self.changed_coverage) if part is not None]
        return (
            not self.suite.problems
            and bool(self.suite.passing())
            and not any(_ended_early(outcome) for outcome in self.suite.outcomes)
            and not any(part.problems or any(f.unreadable for f in part.files) for part in maps)
        )


def _ended_early(outcome: TestOutcome) -> bool:
    """Say whether a test ended before it was done; a file that was not collected has no tests."""
    kind = outcome.cause.kind if outcome.cause else None
    return outcome.outcome in ("timeout", "crashed") or kind in ("timeout", "crash", "collection")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision and every finding behind it, gravest first."""

    decision: Decision
    findings: tuple[Finding, ...]


def decide(findings: Iterable[Finding]) -> Decision:
    """Take the gravest demand, fail before inconclusive; pass only where nothing is demanded."""
    demands = {finding.forces for finding in findings}
    if "fail" in demands:
        return "fail"
    return "inconclusive" if "inconclusive" in demands else "pass"
