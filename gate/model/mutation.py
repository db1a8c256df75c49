"""A run of mutants, its controls, and the kills that a change loses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from gate.model.mutant_table import MutantTable, Results, place_of, read, written
from gate.model.mutants import MutantResult, Score, Status, counts_of, score_of
from gate.model.suite import Problem
from gate.model.values import Count, Seconds, Text, WrittenAs, derived_once

Fate = Literal["removed", "renamed", "skipped", "xfailed", "red", "changed"]


@dataclass(frozen=True, slots=True)
class FailedControl:
    """A test that fails with unchanged code put in place and passes on the original; its `kills` are void."""

    test: Text
    kills: Count


@dataclass(frozen=True, slots=True)
class ControlRun:
    """What the controls of a run said. `positive` functions, and files at their import, were made to raise.
    No test noticed in those that are `unnoticed`, and in those that are `unplaced` (`path::function`, or a
    file), of which nothing shows that changes get in place. `neutral` times a test ran with unchanged code
    put in place.
    """

    positive: Count = 0
    unnoticed: tuple[Text, ...] = ()
    neutral: Count = 0
    failed: tuple[FailedControl, ...] = ()
    unplaced: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class MutatedFile:
    """The mutants of one file by status, and their score."""

    counts: Mapping[Status, int]
    score: Score


@dataclass(frozen=True)
class MutationRun:
    """What became of every mutant. `core` are the files that mutation gates here; with `changed` only
    what the change touches was mutated. `problems` are why evidence is missing, `notes` what took no part;
    `remembered` survivors were not run again, because nothing that they depend on has changed.
    """

    results: Results
    core: tuple[Text, ...] = ()
    changed: bool = False
    problems: tuple[Problem, ...] = ()
    notes: tuple[Text, ...] = ()
    seconds: Seconds = 0.0
    remembered: Count = 0
    controls: ControlRun = ControlRun()

    @derived_once
    def counts(self) -> Mapping[Status, int]:
        """Count the mutants by status."""
        return counts_of(self.results)

    @derived_once
    def score(self) -> Score:
        """Give the score of all mutants."""
        return score_of(self.results)

    @derived_once
    def files(self) -> Mapping[str, MutatedFile]:
        """Sum up the mutants of each file of the core, and of each other file that has some."""
        by_path: dict[str, list[MutantResult]] = defaultdict(list, {path: [] for path in self.core})
        for result in self.results:
            by_path[result.mutant.path].append(result)
        return {
            path: MutatedFile(counts_of(results), score_of(results))
            for path, results in sorted(by_path.items())
        }


@dataclass(frozen=True, slots=True)
class TestChange:
    """What became in the head of a test of the base; `now` is its id or name there, if another."""

    __test__: ClassVar[bool] = False

    test: Text
    fate: Fate
    now: Text = ""


@dataclass(frozen=True, slots=True)
class _KillTable:
    """Lost kills, and the test of the base that made each of them."""

    results: MutantTable
    killers: tuple[TestChange, ...]


def _written(kills: Iterable[tuple[MutantResult, TestChange]]) -> _KillTable:
    ordered = sorted(kills, key=lambda kill: place_of(kill[0]))
    return _KillTable(written(result for result, _ in ordered), tuple(test for _, test in ordered))


def _read(table: _KillTable) -> tuple[tuple[MutantResult, TestChange], ...]:
    return tuple(zip(read(table.results), table.killers, strict=True))


@dataclass(frozen=True, slots=True)
class LostKills:
    """Mutants that tests which a change touches killed on the base and nothing kills now.

    A kill is what the tests of the head make of the mutant, and the test that killed it on the base.
    `touched` tests ran on the base; of the mutants that they ran, `asked` are in the head too and `gone` are
    not. `tests` disappeared, or run no more.
    """

    kills: Annotated[
        tuple[tuple[MutantResult, TestChange], ...], WrittenAs(_KillTable, _written, _read)
    ] = ()
    tests: tuple[TestChange, ...] = ()
    touched: Count = 0
    asked: Count = 0
    gone: Count = 0
    unresolved: Results = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Text, ...] = ()
    seconds: Seconds = 0.0
