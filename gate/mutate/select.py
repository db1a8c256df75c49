"""Which tests can kill a mutant, quickest first: those that executed a line of its statement.

A default value is made at import and used by every call, so the tests are those that ran the function. For
import-time code they are the tests of every test file that imports the file, directly or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gate.measure.coverage import tests_by_line
from gate.model import GREEN, Mutant, SourceFile, TestOutcome
from gate.mutate.engine import MutantPlan
from gate.source.imports import ImportGraph
from gate.supervise.zygote import Item


class Selection:
    """The tests of every line, by their index in the collection; red tests take no part."""

    def __init__(
        self,
        items: Sequence[Item],
        outcomes: Mapping[int, TestOutcome],
        data_file: Path,
        sources: Mapping[str, SourceFile],
        imports: ImportGraph,
    ) -> None:
        self._items = items
        self._seconds = {
            index: outcome.seconds
            for index, outcome in outcomes.items()
            if outcome.outcome in GREEN
        }
        self._index = {items[index].test: index for index in self._seconds}
        self._data_file = data_file
        self._sources = sources
        self._imports = imports
        self._statements: dict[str, Mapping[int, list[int]]] = {}
        self._lines: dict[str, Mapping[int, frozenset[str]]] = {}
        self._sorted: dict[frozenset[str], tuple[int, ...]] = {}

    def plan(self, mutant: Mutant) -> MutantPlan:
        """Choose the tests of one mutant; none means that it is not covered."""
        if mutant.moment == "import":
            return MutantPlan(mutant, self._importing(mutant.path))
        lines = self._spanned(mutant)
        by_line = self._by_line(mutant.path)
        found = frozenset[str]().union(*(by_line.get(line, frozenset()) for line in lines))
        return MutantPlan(mutant, self._quickest_first(found))

    def _spanned(self, mutant: Mutant) -> Iterable[int]:
        if mutant.moment == "default" and mutant.unit is not None:
            return range(mutant.unit.line, mutant.unit.end_line + 1)
        owner = self._sources[mutant.path].owner
        statements = {owner.get(line, line) for line in range(mutant.line, mutant.end_line + 1)}
        lines = self._statement_lines(mutant.path)
        return [line for first in statements for line in lines.get(first, (first,))]

    def _statement_lines(self, path: str) -> Mapping[int, list[int]]:
        """The lines of each statement, by its first."""
        if path not in self._statements:
            lines: dict[int, list[int]] = {}
            for line, first in self._sources[path].owner.items():
                lines.setdefault(first, []).append(line)
            self._statements[path] = lines
        return self._statements[path]

    def _by_line(self, path: str) -> Mapping[int, frozenset[str]]:
        if path not in self._lines:
            root = Path(self._imports.root)
            self._lines[path] = tests_by_line(self._data_file, root / path)
        return self._lines[path]

    def _importing(self, path: str) -> tuple[int, ...]:
        files = self._imports.importers(path)
        executed = frozenset[str]().union(*self._by_line(path).values())
        named = {item.test for item in self._items if item.path in files}
        first = self._quickest_first(executed)
        return first + tuple(
            test for test in self._quickest_first(frozenset(named)) if test not in first
        )

    def _quickest_first(self, tests: frozenset[str]) -> tuple[int, ...]:
        if tests not in self._sorted:
            indices = [self._index[test] for test in tests if test in self._index]
            self._sorted[tests] = tuple(
                sorted(indices, key=lambda index: (self._seconds[index], index))
            )
        return self._sorted[tests]
