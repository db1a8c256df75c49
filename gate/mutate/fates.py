"""What became in the head of the tests of the base: renamed, removed, skipped, expected to fail, changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gate.measure.suite import Baseline
from gate.model import GREEN, RED, ChangedLines, Fate, SuiteRun, TestChange, TestOutcome
from gate.source.code import SourceError
from gate.source.parts import read_parts
from gate.source.touched_tests import function_of, functions_left
from gate.supervise.zygote import Item

_NOT_RUN: Mapping[str, Fate] = {"skipped": "skipped", "xfailed": "xfailed"}


class Fates:
    """The tests of the head by id, and its functions by what they do."""

    def __init__(
        self,
        suite: SuiteRun,
        baseline: Baseline,
        changed: ChangedLines,
        read: Callable[[str], bytes | None],
    ) -> None:
        self._outcomes = {outcome.test: outcome for outcome in suite.outcomes}
        self._tests = frozenset(item.test for item in baseline.items)
        self._moved = {file.old_path: file.path for file in changed.files if file.old_path}
        self._functions: dict[str, list[tuple[str, str]]] = {}
        for body, path, name in functions_left(changed, read):
            self._functions.setdefault(body, []).append((path, name))
        self._bodies: dict[str, str] = {}

    def read_base(self, root: Path, items: Sequence[Item]) -> None:
        """Read what the functions of the base's tests do."""
        for path in sorted({item.path for item in items}):
            try:
                parts = read_parts(path, (root / path).read_bytes())
            except (SourceError, OSError):
                continue
            self._bodies |= {f"{path}::{part.name}": part.body for part in parts if part.body}

    def is_green(self, test: str) -> bool:
        """Say whether a test of this id passes in the head."""
        outcome = self._outcomes.get(test)
        return outcome is not None and outcome.outcome in GREEN

    def of(self, test: str) -> TestChange:
        """Say what became of a test of the base."""
        path, _, rest = test.partition("::")
        same = f"{self._moved.get(path, path)}::{rest}"
        if same in self._tests:
            return TestChange(test, self._fate(same), "" if same == test else same)
        skipped = self._outcomes.get(self._moved.get(path, path))
        if skipped is not None and skipped.outcome == "skipped":
            # The whole file skips itself.
            return TestChange(test, "skipped")
        return self._elsewhere(test)

    def no_longer_run(self, base: Mapping[str, TestOutcome]) -> tuple[TestChange, ...]:
        """Name the tests of the base that disappeared, and those that are skipped or expected to fail now."""
        changes = (self.of(test) for test in base)
        return tuple(
            change
            for change in changes
            if change.fate in ("removed", "renamed")
            or (change.fate in _NOT_RUN and base[change.test].outcome != change.fate)
        )

    def _fate(self, test: str) -> Fate:
        outcome = self._outcomes.get(test)
        if outcome is None:
            return "removed"
        if outcome.outcome in RED:
            return "red"
        return _NOT_RUN.get(outcome.outcome, "changed")

    def _elsewhere(self, test: str) -> TestChange:
        """Look for a function that does the same under another name, or in another file."""
        body = self._bodies.get(f"{test.partition('::')[0]}::{function_of(test)}")
        _, bracket, parameters = test.partition("[")
        found = sorted(self._functions.get(body or "", []))
        for path, name in found:
            now = f"{path}::{name.replace('.', '::')}"
            if f"{now}{bracket}{parameters}" in self._tests:
                return TestChange(test, "renamed", f"{now}{bracket}{parameters}")
        # There it is, but pytest does not collect it.
        elsewhere = [(path, name) for path, name in found if not self._same(path, name, test)]
        for path, name in elsewhere:
            return TestChange(test, "removed", f"{path}::{name.replace('.', '::')}")
        return TestChange(test, "removed")

    def _same(self, path: str, name: str, test: str) -> bool:
        return test.startswith(f"{path}::") and function_of(test) == name
