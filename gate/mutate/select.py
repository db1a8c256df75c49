"""Which tests can kill a mutant, the most promising first: those that executed a line of its statement.

Some tests leave the function where the mutant stands, and the others go on to lines below it: the fewer ones
are the more promising, as those for a refused argument are. Then comes one that is quick and runs little
else of the mutant's file: it is about those lines.

A default value is made at import and used by every call, so the tests are those that ran the function. For
import-time code they are the tests of every test file that imports the file, directly or not. Lines that
the set-up of a shared fixture ran are those of all tests that use it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from gate.measure.coverage import AT_IMPORT, contexts_by_line
from gate.measure.suite import Baseline
from gate.model import GREEN, RED, Mutant, SourceFile
from gate.mutate.plans import MutantPlan
from gate.mutate.regions import unless_run
from gate.source.imports import ImportGraph
from gate.worker.messages import read_context

# Seconds; what is quicker is not worth to be told apart.
INSTANT = 0.002


class Selection:
    """The tests of every line, by their index in the collection; only green ones take part."""

    def __init__(
        self,
        baseline: Baseline,
        data_file: Path,
        sources: Mapping[str, SourceFile],
        imports: ImportGraph,
    ) -> None:
        self._items = items = baseline.items
        outcomes = baseline.outcomes
        self._seconds = {
            index: baseline.seconds_alone(index)
            for index, outcome in outcomes.items()
            if outcome.outcome in GREEN
        }
        self._index = {items[index].test: index for index in self._seconds}
        self._users: dict[int, set[str]] = {}
        for item in items:
            for number in item.shared:
                self._users.setdefault(number, set()).add(item.test)
        # What was imported before the measurement began may have run any of its functions by then.
        self._early = {os.path.realpath(file) for file in baseline.collected.early.values()}
        self._red = frozenset(each.test for each in outcomes.values() if each.outcome in RED)
        self._data_file = data_file
        self._sources = sources
        self._imports = imports
        self._statements: dict[str, Mapping[int, list[int]]] = {}
        self._lines: dict[str, Mapping[int, frozenset[str]]] = {}
        self._tests: dict[frozenset[str], frozenset[str]] = {}
        self._importers: dict[str, tuple[int, ...]] = {}
        self._breadths: dict[str, Counter[str]] = {}
        self._sorted: dict[tuple[str, frozenset[str]], tuple[int, ...]] = {}

    def plan(self, mutant: Mutant) -> MutantPlan:
        """Choose the tests of one mutant; none means that it is not covered."""
        if mutant.moment == "import":
            return MutantPlan(mutant, (), self._importing_first(mutant))
        found = self._ran(mutant)
        going_on = found & self._went_on(mutant)
        ways = sorted((found - going_on, going_on), key=len)
        tests = tuple(test for way in ways for test in self._in_order(mutant.path, way))
        ran_at_import = AT_IMPORT in (found if mutant.moment == "call" else self._ran_body(mutant))
        early = bool(tests) and self._file(mutant.path) in self._early
        if ran_at_import or early:
            return MutantPlan(mutant, tests, self._importing_first(mutant))
        read_at_import = bool(tests) and mutant.moment == "default"
        return MutantPlan(
            mutant, tests, afterwards=self._importing_first(mutant) if read_at_import else ()
        )

    def weighed(self, mutant: Mutant) -> Mutant:
        """Give a mutant as it counts: what is noise only where nothing runs it is real where a test does."""
        ran = self._ran(mutant) if mutant.ignored else frozenset[str]()
        if mutant.moment != "import":
            ran -= {AT_IMPORT}
        return unless_run(mutant) if ran else mutant

    def red(self, mutant: Mutant) -> frozenset[str]:
        """Name the red tests that ran a mutant's lines, which take no part."""
        return self._ran(mutant) & self._red

    def _file(self, path: str) -> str:
        return os.path.realpath(Path(self._imports.root) / path)

    def _ran(self, mutant: Mutant) -> frozenset[str]:
        by_line = self._by_line(mutant.path)
        lines = self._spanned(mutant)
        return frozenset[str]().union(*(by_line.get(line, frozenset()) for line in lines))

    def _ran_body(self, mutant: Mutant) -> frozenset[str]:
        """Name who ran a statement of the function that a default belongs to; making it is not running it."""
        unit, by_line = mutant.unit, self._by_line(mutant.path)
        bodies = (
            each.body
            for each in self._sources[mutant.path].functions
            if unit and each.qualname == unit.qualname and unit.line <= each.line <= unit.end_line
        )
        lines = (line for body in bodies for line in body)
        return frozenset[str]().union(*(by_line.get(line, frozenset()) for line in lines))

    def _went_on(self, mutant: Mutant) -> frozenset[str]:
        """Name the tests that ran a line of its function below its statement."""
        if mutant.unit is None or mutant.moment != "call":
            return frozenset()
        by_line = self._by_line(mutant.path)
        last = max(self._spanned(mutant))
        below = {
            by_line.get(line, frozenset()) for line in range(last + 1, mutant.unit.end_line + 1)
        }
        return frozenset[str]().union(*below)

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
            contexts = contexts_by_line(self._data_file, root / path)
            self._lines[path] = {line: self._tests_of(each) for line, each in contexts.items()}
        return self._lines[path]

    def _tests_of(self, contexts: frozenset[str]) -> frozenset[str]:
        """Name the tests of contexts; many lines have the same."""
        if contexts not in self._tests:
            tests: set[str] = set()
            for test, shared in map(read_context, contexts):
                tests.add(test)
                if shared is not None:
                    tests |= self._users.get(shared, set())
            self._tests[contexts] = frozenset(tests)
        return self._tests[contexts]

    def _importing_first(self, mutant: Mutant) -> tuple[int, ...]:
        """Put those first that ran the mutant's own lines themselves, when they imported it once more."""
        ran = {self._index[test] for test in self._ran(mutant) if test in self._index}
        return tuple(sorted(self._importing(mutant.path), key=lambda test: test not in ran))

    def _importing(self, path: str) -> tuple[int, ...]:
        """File by file, those first whose tests ran most of the module: each has to be imported anew."""
        if path not in self._importers:
            files = self._imports.importers(path)
            executed = frozenset[str]().union(*self._by_line(path).values())
            named = {item.test for item in self._items if item.path in files}
            tests = self._in_order(path, executed | named)
            ran = Counter(self._items[each].path for each in self._in_order(path, executed))
            self._importers[path] = tuple(
                sorted(
                    tests, key=lambda test: (-ran[self._items[test].path], self._items[test].path)
                )
            )
        return self._importers[path]

    def _in_order(self, path: str, tests: frozenset[str]) -> tuple[int, ...]:
        """Sort tests by what they cost to ask: their time, times the lines of the file that they run.

        The time is that of a test alone: what the suite sets up once, each mutant's process does again.
        """
        if (path, tests) not in self._sorted:
            breadths = self._breadth(path)
            costs = {
                self._index[test]: (1 + breadths[test])
                * max(INSTANT, self._seconds[self._index[test]])
                for test in tests
                if test in self._index
            }
            self._sorted[path, tests] = tuple(sorted(costs, key=lambda test: (costs[test], test)))
        return self._sorted[path, tests]

    def _breadth(self, path: str) -> Counter[str]:
        """Count the lines of a file that each test ran."""
        if path not in self._breadths:
            lines = self._by_line(path).values()
            self._breadths[path] = Counter(test for tests in lines for test in tests)
        return self._breadths[path]
