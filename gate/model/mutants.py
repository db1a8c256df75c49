"""Mutants, what became of each of them, and their score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from gate.model.coverage import Ratio
from gate.model.values import Count, Percent, derived

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


STATUSES: tuple[Status, ...] = get_args(Status)
DETECTED: frozenset[Status] = frozenset({"Killed", "Timeout", "RuntimeError"})
VALID: frozenset[Status] = DETECTED | {"Survived", "NoCoverage", "Pending"}


@dataclass(frozen=True, slots=True)
class Score:
    """Detected out of valid mutants; as an interval, because each unresolved mutant may be either."""

    detected: Count
    unresolved: Count
    valid: Count

    @property
    def least(self) -> Ratio:
        """Count the unresolved as survived."""
        return Ratio(self.detected, self.valid)

    @property
    def most(self) -> Ratio:
        """Count the unresolved as detected."""
        return Ratio(self.detected + self.unresolved, self.valid)

    @derived
    def low(self) -> Percent | None:
        """Give the low end in percent; None where no mutant is valid."""
        return self.least.percent

    @derived
    def high(self) -> Percent | None:
        """Give the high end in percent; None where no mutant is valid."""
        return self.most.percent


def counts_of(results: Iterable[MutantResult]) -> Mapping[Status, int]:
    """Count mutants by status, in the order of the statuses."""
    counter: Counter[Status] = Counter(result.status for result in results)
    return {status: counter[status] for status in STATUSES}


def score_of(results: Iterable[MutantResult]) -> Score:
    """Score = detected / (detected + Survived + NoCoverage + unresolved); ignored ones do not count."""
    statuses = counts_of(results)
    return Score(
        detected=sum(statuses[status] for status in DETECTED),
        unresolved=statuses["Pending"],
        valid=sum(statuses[status] for status in VALID),
    )
