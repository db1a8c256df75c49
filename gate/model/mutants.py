"""Mutants, what became of them, and the kills that a change loses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from gate.model.coverage import Ratio
from gate.model.suite import Problem

Status = Literal[
    "Killed",
    "Survived",
    "NoCoverage",
    "Timeout",
    "CompileError",
    "RuntimeError",
    "Ignored",
    "Pending",
]
Moment = Literal["call", "default", "import"]
Fate = Literal["removed", "renamed", "skipped", "xfailed", "red", "changed"]


@dataclass(frozen=True, slots=True)
class Unit:
    """The outermost function or method around a mutant: what is compiled again.

    `line` is that of its first decorator or `def`; `headers` are the lines that must stand before its
    text so that it compiles as it does in its file: `class A:` or `if 1:` with their own indentation.
    """

    qualname: str
    line: int
    end_line: int
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One small change: the bytes `start` to `end` of the file (as UTF-8, without BOM) replaced.

    `moment` is when the changed code runs: when its function is called, when the default value of the
    parameter `parameter` is made, or when the module is imported. `function` is the qualified name of
    the innermost function or class around it, empty at module level; `unit` is None at import time.
    `default` is the whole default expression as mutated. Columns count characters from 1, the last one is
    exclusive; `source` are the lines `line` to `end_line` as they are in the file.
    """

    id: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    operator: str
    function: str
    original: str
    replacement: str
    source: str
    start: int
    end: int
    moment: Moment
    unit: Unit | None = None
    parameter: str = ""
    default: str = ""
    ignored: str = ""


@dataclass(frozen=True, slots=True)
class MutantResult:
    """What became of a mutant, and the evidence: the test that killed it, the tests that ran its lines."""

    mutant: Mutant
    status: Status
    reason: str = ""
    killed_by: str | None = None
    covered_by: tuple[str, ...] = ()
    seconds: float = 0.0


DETECTED: frozenset[Status] = frozenset({"Killed", "Timeout", "RuntimeError"})
VALID: frozenset[Status] = DETECTED | {"Survived", "NoCoverage", "Pending"}


@dataclass(frozen=True, slots=True)
class Score:
    """Detected out of valid mutants, as an interval: `low` counts the unresolved as survived."""

    low: Ratio
    high: Ratio


@dataclass(frozen=True, slots=True)
class FailedControl:
    """A test that fails with unchanged code put in place and passes on the original; its `kills` are void."""

    test: str
    kills: int


@dataclass(frozen=True, slots=True)
class ControlRun:
    """What the controls of a run said. `positive` functions, and files at their import, were made to raise.
    No test noticed in those that are `unnoticed`, and in those that are `unplaced` (`path::function`, or a
    file), of which nothing shows that changes get in place. `neutral` times a test ran with unchanged code
    put in place.
    """

    positive: int = 0
    unnoticed: tuple[str, ...] = ()
    neutral: int = 0
    failed: tuple[FailedControl, ...] = ()
    unplaced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MutationRun:
    """What became of every mutant. `core` are the files that mutation gates here; with `changed` only
    what the change touches was mutated. `problems` are why evidence is missing, `notes` what took no part;
    `remembered` survivors were not run again, because nothing that they depend on has changed.
    """

    results: tuple[MutantResult, ...]
    core: tuple[str, ...] = ()
    changed: bool = False
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    remembered: int = 0
    controls: ControlRun = ControlRun()

    def counts(self) -> Counter[Status]:
        """Count the mutants by status."""
        return Counter(result.status for result in self.results)

    def score(self, path: str | None = None) -> Score:
        """The mutation score of one file, or of all."""
        return score_of(each for each in self.results if path in (None, each.mutant.path))


def score_of(results: Iterable[MutantResult]) -> Score:
    """Score = detected / (detected + Survived + NoCoverage + unresolved); ignored ones do not count."""
    statuses = Counter(result.status for result in results)
    detected = sum(statuses[status] for status in DETECTED)
    valid = sum(statuses[status] for status in VALID)
    return Score(Ratio(detected, valid), Ratio(detected + statuses["Pending"], valid))


@dataclass(frozen=True, slots=True)
class TestChange:
    """What became in the head of a test of the base; `now` is its id or name there, if another."""

    __test__: ClassVar[bool] = False

    test: str
    fate: Fate
    now: str = ""


@dataclass(frozen=True, slots=True)
class LostKills:
    """Mutants that tests which a change touches killed on the base and nothing kills now: what the head's
    tests make of each, and its killer. `touched` tests ran on the base; of the mutants that they ran, `asked`
    are in the head too and `gone` are not. `tests` disappeared, or run no more.
    """

    kills: tuple[tuple[MutantResult, TestChange], ...] = ()
    tests: tuple[TestChange, ...] = ()
    touched: int = 0
    asked: int = 0
    gone: int = 0
    unresolved: tuple[MutantResult, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
