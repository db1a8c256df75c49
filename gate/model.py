"""The nouns of the gate: frozen, slotted dataclasses that every room shares.

Lines are 1-based and inclusive, times are seconds, paths are POSIX and relative to the repository.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal

Outcome = Literal[
    "passed", "failed", "error", "skipped", "xfailed", "xpassed", "timeout", "crashed", "excluded"
]
RED: frozenset[Outcome] = frozenset({"failed", "error", "timeout", "crashed"})
GREEN: frozenset[Outcome] = frozenset({"passed", "xpassed"})

CauseKind = Literal["test", "collection", "crash", "timeout", "flaky", "order", "environment"]
Level = Literal["error", "warning", "note"]
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
Command = Literal["check", "mutate"]
Decision = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a test did not pass: the kind, and the group of failures that share one root."""

    kind: CauseKind
    group: str


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

    def counts(self) -> Counter[Outcome]:
        """Count the tests by outcome; `excluded` counts tests that were never run."""
        counter: Counter[Outcome] = Counter(outcome.outcome for outcome in self.outcomes)
        counter["excluded"] = len(self.exclusions)
        return counter

    def passing(self) -> frozenset[str]:
        """Name the tests that passed."""
        return frozenset(o.test for o in self.outcomes if o.outcome in GREEN)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Covered out of total, compared exactly: 79.96 is not 80."""

    covered: int
    total: int

    @property
    def percent(self) -> float | None:
        """0–100, cut (never rounded up) to two decimals; None when there is nothing to cover."""
        if self.total == 0:
            return None
        return self.covered * 10_000 // self.total / 100

    def meets(self, required: Decimal | int) -> bool:
        """Say whether covered / total reaches `required` percent (0–100); nothing meets it vacuously."""
        if self.total == 0:
            return True
        return Fraction(self.covered * 100, self.total) >= Fraction(required)

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio(self.covered + other.covered, self.total + other.total)


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method as written; `body` holds the first lines of its own statements."""

    qualname: str
    line: int
    end_line: int
    public: bool
    body: frozenset[int]


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of one simple statement, or of the header of a compound one."""

    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Python file as the judge reads it, without importing it.

    `owner` maps each source line that carries code to the first line of its statement.
    """

    path: str
    digest: str
    functions: tuple[Function, ...]
    owner: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """Line, branch and function coverage of one measured file.

    A branch is a pair (line it leaves, line it reaches; negative for an exit).
    `unreadable` says why the file could not be parsed; its ratios are then empty. `digest` is the
    SHA-256 of the bytes that were measured.
    """

    path: str
    line: Ratio
    branch: Ratio
    function: Ratio
    executed_lines: frozenset[int] = frozenset()
    missing_lines: frozenset[int] = frozenset()
    executed_branches: frozenset[tuple[int, int]] = frozenset()
    missing_branches: frozenset[tuple[int, int]] = frozenset()
    missing_functions: tuple[Function, ...] = ()
    unreadable: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class CoverageMap:
    """Coverage of every measured file, worst line coverage first in reports."""

    files: tuple[FileCoverage, ...]
    problems: tuple[Problem, ...] = ()

    def total(self, kind: Literal["line", "branch", "function"]) -> Ratio:
        """Add up one kind of coverage over all files."""
        return sum((getattr(file, kind) for file in self.files), Ratio(0, 0))


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of the change and the lines (in the head) that it adds or edits."""

    path: str
    lines: frozenset[int]
    status: Literal["added", "modified", "renamed", "deleted", "untracked"] = "modified"
    old_path: str | None = None


@dataclass(frozen=True, slots=True)
class ChangedLines:
    """What the working tree changes since the merge base.

    `base` is the ref as given, `merge_base` and `head` are full object names.
    """

    base: str
    merge_base: str
    head: str
    dirty: bool
    files: tuple[ChangedFile, ...]


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
class Finding:
    """One thing a rule has to say; `forces` is the verdict it demands, None for mere advice."""

    rule: str
    level: Level
    message: str
    forces: Literal["fail", "inconclusive"] | None = None
    path: str | None = None
    line: int | None = None
    measured: float | None = None
    required: float | None = None
    help: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the rules may look at. `changed_coverage` is the coverage of the changed lines;
    `mutation` is None where it did not run. `mutate` judges mutants only, not coverage.
    """

    suite: SuiteRun
    coverage: CoverageMap
    changed: ChangedLines | None = None
    changed_coverage: CoverageMap | None = None
    mutation: MutationRun | None = None
    command: Command = "check"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision and every finding behind it, gravest first."""

    decision: Decision
    findings: tuple[Finding, ...]
