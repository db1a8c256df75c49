"""One file as it is written, and what of it was executed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal

from gate.model.suite import Problem
from gate.model.values import (
    UNWRITTEN,
    Branches,
    Count,
    Line,
    Lines,
    Percent,
    Text,
    WrittenAs,
    derived,
    derived_once,
)

CoverageKind = Literal["line", "branch", "function"]


@dataclass(frozen=True, slots=True)
class Ratio:
    """Covered out of total, compared exactly: 79.96 is not 80."""

    covered: Count
    total: Count

    @derived
    def percent(self) -> Percent | None:
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
    """A function or method as written.

    `body` holds the first lines of its own statements, none where there is nothing to reach. Of one that no
    passing test reaches, `at_import` says that its body ran while its module was imported.
    """

    qualname: Text
    line: Line
    end_line: Line
    public: Annotated[bool, UNWRITTEN] = True
    body: Annotated[frozenset[int], UNWRITTEN] = frozenset()
    at_import: bool = False


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
    `missing_functions` are public, `missing_private` the others that no passing test reaches.
    `unreadable` says why the file could not be parsed; its ratios are then empty. `digest` is the
    SHA-256 of the bytes that were measured.
    """

    path: Text
    line: Ratio
    branch: Ratio
    function: Ratio
    executed_lines: Lines = frozenset()
    missing_lines: Lines = frozenset()
    executed_branches: Annotated[Branches, UNWRITTEN] = frozenset()
    missing_branches: Branches = frozenset()
    missing_functions: tuple[Function, ...] = ()
    missing_private: Annotated[tuple[Function, ...], UNWRITTEN] = ()
    unreadable: Text = ""
    digest: Text = ""


def _by_path(files: Iterable[FileCoverage]) -> dict[str, FileCoverage]:
    return {file.path: file for file in sorted(files, key=lambda file: file.path)}


def _with_path(files: Mapping[str, FileCoverage]) -> tuple[FileCoverage, ...]:
    return tuple(replace(file, path=path) for path, file in files.items())


@dataclass(frozen=True)
class CoverageMap:
    """Coverage of every measured file, worst line coverage first in reports.

    `unrun` are files that are not measured because they hold tests, though pytest collected none of these.
    """

    files: Annotated[
        tuple[FileCoverage, ...], WrittenAs(dict[Text, FileCoverage], _by_path, _with_path)
    ]
    problems: tuple[Problem, ...] = ()
    unrun: tuple[Text, ...] = ()

    @cached_property
    def by_path(self) -> Mapping[str, FileCoverage]:
        """Give the files by path, sorted."""
        return _by_path(self.files)

    @derived_once
    def line(self) -> Ratio:
        """Add up the line coverage of all files."""
        return self.total("line")

    @derived_once
    def branch(self) -> Ratio:
        """Add up the branch coverage of all files."""
        return self.total("branch")

    @derived_once
    def function(self) -> Ratio:
        """Add up the function coverage of all files."""
        return self.total("function")

    def total(self, kind: CoverageKind) -> Ratio:
        """Add up one kind of coverage over all files."""
        return sum((getattr(file, kind) for file in self.files), Ratio(0, 0))
