"""Trials to jobs: which tests, with which limits, from which fork point."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from gate.mutate.plans import UNCHANGED, Kind, Route
from gate.supervise.jobs import Job
from gate.supervise.zygote import Collected, Item

# Seconds, and times what the test took. The first limit is tight, because whatever passes it is run again
# under the wide one.
TIGHT = (0.5, 10.0)
WIDE = (3.0, 30.0)
# Of processor time, for a test alone: other load on the machine does not make a mutant seem to hang.
COMPUTING = (2.0, 30.0)
# Modules of plugins are there before pytest can rewrite their assertions; that is nobody's fault.
ALREADY_IMPORTED = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
# Before the first test the modules and the test files are imported: seconds, and times what that took on the
# original, or the whole collection where that is not known yet.
TIGHT_IMPORTS = (0.5, 5.0)
WIDE_IMPORTS = (3.0, 15.0)


class Jobs:
    """Makes jobs for one collection; `seconds` is how long each test took in the suite."""

    def __init__(
        self, collected: Collected, arguments: Sequence[str], seconds: Mapping[int, float]
    ) -> None:
        self._collected = collected
        self._arguments = arguments
        self._seconds = dict(seconds)
        self._imports = 0.0
        self._numbers = itertools.count()
        self._files: dict[str, dict[str, None]] = {}
        for item in collected.items:
            self._files.setdefault(item.path, {})[item.file] = None

    @property
    def items(self) -> tuple[Item, ...]:
        """The collected tests."""
        return self._collected.items

    @property
    def loaded(self) -> frozenset[str]:
        """The project's files that the collection imported, relative to its root."""
        return frozenset(self._collected.loaded.values())

    def by_file(self, tests: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Part tests into those of the first one's file and the others: each file has to be imported."""
        if not tests:
            return (), ()
        path = self.items[tests[0]].path
        first = tuple(test for test in tests if self.items[test].path == path)
        return first, tuple(test for test in tests if self.items[test].path != path)

    def learn(self, test: int, seconds: float) -> None:
        """Note how long a test took alone: there it makes what others make for it in the suite."""
        self._seconds[test] = max(seconds, self._seconds.get(test, 0.0))

    def learn_imports(self, seconds: float) -> None:
        """Note how long a worker on the original took to import what a test needs."""
        self._imports = max(seconds, self._imports)

    def job(
        self,
        kind: Kind,
        route: Route,
        tests: tuple[int, ...],
        edit: Mapping[str, Any] | None,
        *,
        slow: bool = False,
    ) -> Job:
        """Make the job of one step of a trial; a mutant that is known as `slow` gets more time."""
        at_import = route == "import"
        pace: Kind = "alone" if slow and kind == "mutant" else kind
        return Job(
            name=f"{kind} {next(self._numbers)}",
            items=tests,
            edit=edit,
            stop=True,
            limits=self._limits(pace, tests),
            imports=self._most_imports(pace) if at_import else None,
            processor=self._processor(kind, route, tests),
            at_import=at_import,
            tests=tuple(self.items[test].test for test in tests) if at_import else (),
            arguments=self._pytest_arguments(tests) if at_import else (),
            guarded=True,
        )

    def _limits(self, kind: Kind, tests: tuple[int, ...]) -> dict[int, float]:
        """On what is unchanged the policy's own limit holds."""
        if kind in UNCHANGED:
            return {}
        base, factor = TIGHT if kind == "mutant" else WIDE
        return {test: base + factor * self._seconds.get(test, 0.0) for test in tests}

    def _most_imports(self, kind: Kind) -> float | None:
        """Seconds in which a job may come to its first test; None where the policy's limit holds."""
        if kind in UNCHANGED:
            return None
        base, factor = TIGHT_IMPORTS if kind == "mutant" else WIDE_IMPORTS
        return base + factor * (self._imports or self._collected.seconds)

    def _processor(self, kind: Kind, route: Route, tests: tuple[int, ...]) -> float:
        """Before import much else is computed than the test, so there the clock alone counts."""
        if kind != "alone" or route == "import":
            return math.inf
        base, factor = COMPUTING
        return base + factor * sum(self._seconds.get(test, 0.0) for test in tests)

    def _pytest_arguments(self, tests: tuple[int, ...]) -> tuple[str, ...]:
        """Name the files of the tests, and the configuration that the whole collection had.

        A file that was collected by several links is named by all: its tests are counted in that order.
        """
        environment = self._collected.environment
        root, configuration = environment["rootdir"], environment["configuration"]
        paths = dict.fromkeys(self.items[test].path for test in tests)
        files = dict.fromkeys(file for path in paths for file in self._files[path])
        named = () if configuration == "none" else ("-c", configuration)
        return (*files, f"--rootdir={root}", *named, *ALREADY_IMPORTED, *self._arguments)
