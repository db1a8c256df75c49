"""Which functions the passing tests reach, also those that run while a module is imported."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from gate.model import Function, SourceFile
from gate.source.imports import ImportGraph

Arcs = Iterable[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Passing:
    """The passing tests by id, the files that they are in, and what imports what."""

    tests: frozenset[str]
    files: frozenset[str] = frozenset()
    imports: ImportGraph | None = None

    def rely_on(self, path: str, executed: Collection[str]) -> bool:
        """Say whether a test's file imports this file, directly or not, or a test executed one that does.

        `executed` are the files in which a passing test executed anything.
        """
        importers = self.imports.importers(path) if self.imports else frozenset({path})
        return not importers.isdisjoint(self.files) or not importers.isdisjoint(executed)


@dataclass(frozen=True, slots=True)
class Ran:
    """The arcs that passing tests executed in a file, and those of import time; `relied`: on this file."""

    by_tests: Arcs = ()
    at_import: Arcs = ()
    relied: bool = False


def unreached(source: SourceFile, excluded: Collection[int], ran: Ran) -> tuple[Function, ...]:
    """Name the functions that no passing test reaches; those with nothing to reach are none.

    A function is reached when a passing test executes its body, or relies on a file where it ran at import.
    `excluded` are the lines that coverage.py leaves out: a function with no other line is left out too.
    """
    functions = to_reach(source, excluded)
    by_tests = _entered(source, functions, ran.by_tests)
    at_import = _entered(source, functions, ran.at_import)
    return tuple(
        replace(function, at_import=function in at_import)
        for function in functions
        if function not in by_tests and not (ran.relied and function in at_import)
    )


def to_reach(source: SourceFile, excluded: Collection[int]) -> tuple[Function, ...]:
    """Name the functions with something to reach: a statement that coverage.py does not leave out."""
    return tuple(each for each in source.functions if not each.body <= frozenset(excluded))


def _entered(source: SourceFile, functions: Iterable[Function], arcs: Arcs) -> frozenset[Function]:
    """Choose the functions that an arc goes into, or out of: a generator may have begun elsewhere.

    A body on the line of its `def` is executed when the function is entered from outside (the start
    is its first line, negative), not when the line is reached on the way through the module.
    """
    lines: set[int | None] = set()
    entered: set[int | None] = set()
    for start, end in arcs:
        lines |= {source.owner.get(start), source.owner.get(end)}
        if -start in source.owner:
            entered.add(source.owner.get(end))
    return frozenset(
        function
        for function in functions
        if function.body & (entered if function.line in function.body else lines)
    )
