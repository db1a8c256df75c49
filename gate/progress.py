"""How far a check has come: a live line on a terminal, plain lines in a log (rich enters here too)."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from gate.model import DETECTED, RED, MutantResult, Status, TestOutcome
from gate.report.words import counted
from gate.screen import When, colored

QUIET_SECONDS = 15.0
# From so many mutants on they say how long one takes: the first wait for what is set up once for all.
ENOUGH_RUN = 5


class MutantCount:
    """How many mutants have which result; a later one for the same mutant replaces the first."""

    def __init__(self, total: int = 0) -> None:
        self._total = total
        self._statuses: dict[str, Status] = {}
        self._at_once = 0

    def add(self, result: MutantResult) -> None:
        """Count a result."""
        first = result.mutant.id not in self._statuses
        self._statuses[result.mutant.id] = result.status
        if first and not result.seconds:
            self._at_once += 1

    @property
    def done(self) -> int:
        """How many mutants have a result."""
        return len(self._statuses)

    def seconds_left(self, seconds: float) -> float | None:
        """Estimate the seconds until all have one; `seconds` is how long the results so far took.

        None before enough of them were run. A result that took no time says nothing: that of a mutant which
        is ignored, not covered or remembered.
        """
        run = self.done - self._at_once
        if run < ENOUGH_RUN:
            return None
        return seconds / run * (self._total - self.done)

    def __str__(self) -> str:
        counts = Counter(self._statuses.values())
        detected = sum(counts[status] for status in DETECTED)
        told = {
            "detected": detected,
            "survived": counts["Survived"],
            "not covered": counts["NoCoverage"],
            "unresolved": counts["Pending"],
        }
        return ", ".join(f"{count:,} {name}" for name, count in told.items() if count)


class LiveProgress:
    """One bar on a terminal, with the time left."""

    def __init__(self, stream: TextIO, *, color: bool = True) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(file=stream, no_color=not color),
            transient=True,
        )
        self._task = self._progress.add_task("starting", total=None)
        self._red = 0
        self._mutants = MutantCount()

    def __enter__(self) -> LiveProgress:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def stage(self, name: str) -> None:
        """A stage begins."""
        self._progress.reset(self._task, description=name, total=None)

    def note(self, line: str) -> None:
        """Something is said that stays on the screen."""
        self._progress.console.print(f"gate: {line}", markup=False, highlight=False, soft_wrap=True)

    def collected(self, tests: int) -> None:
        """So many tests will run."""
        self._progress.reset(self._task, description="running tests", total=tests)

    def ran(self, outcome: TestOutcome) -> None:
        """One of them has run."""
        self._red += outcome.outcome in RED
        red = f", {self._red} red" if self._red else ""
        self._progress.update(self._task, advance=1, description=f"running tests{red}")

    def rechecking(self) -> None:
        """A test has run a second time."""
        self._progress.update(self._task, description="checking test order")

    def mutating(self, mutants: int) -> None:
        """So many mutants will get a result."""
        self._mutants = MutantCount(mutants)
        self._progress.reset(self._task, description="running mutants", total=mutants)

    def mutated(self, result: MutantResult) -> None:
        """One of them has one, or a new one."""
        self._mutants.add(result)
        self._progress.update(
            self._task, completed=self._mutants.done, description=f"mutants: {self._mutants}"
        )


class PlainProgress:
    """A line for each stage, and one now and then while tests run."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._total = self._done = self._red = 0
        self._begun = self._said = time.monotonic()
        self._mutants = MutantCount()

    def __enter__(self) -> PlainProgress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def stage(self, name: str) -> None:
        """A stage begins."""
        self._say(name)

    def note(self, line: str) -> None:
        """Something is said that stays on the screen."""
        self._say(line)

    def collected(self, tests: int) -> None:
        """So many tests will run."""
        self._total = tests
        self._begun = time.monotonic()
        self._say(f"running {counted(tests, 'test')}")

    def ran(self, outcome: TestOutcome) -> None:
        """One of them has run."""
        self._done += 1
        self._red += outcome.outcome in RED
        now = time.monotonic()
        if now - self._said > QUIET_SECONDS:
            left = (now - self._begun) / self._done * (self._total - self._done)
            self._say(
                f"{self._done} of {self._total} tests, {self._red} red, about {left:.0f} s left"
            )

    def rechecking(self) -> None:
        """A test has run a second time."""

    def mutating(self, mutants: int) -> None:
        """So many mutants will get a result."""
        self._mutants = MutantCount(mutants)
        self._total = mutants
        self._begun = time.monotonic()

    def mutated(self, result: MutantResult) -> None:
        """One of them has one, or a new one."""
        self._mutants.add(result)
        now = time.monotonic()
        if now - self._said > QUIET_SECONDS:
            left = self._mutants.seconds_left(now - self._begun)
            about = "" if left is None else f"; about {left:.0f} s left"
            self._say(f"{self._mutants.done} of {self._total} mutants: {self._mutants}{about}")

    def _say(self, line: str) -> None:
        self._said = time.monotonic()
        print(f"gate: {line}", file=self._stream, flush=True)


def progress_for(stream: TextIO = sys.stderr, color: When = "auto") -> LiveProgress | PlainProgress:
    """Choose by where the output goes: a live line needs a terminal that can move its cursor."""
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        return PlainProgress(stream)
    return LiveProgress(stream, color=colored(color, stream))
