"""Workers without processes: what a test does under a mutant, or without one, is told as a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from gate.model import Mutant, Unit
from gate.supervise.jobs import Done, Ended, Ending, Event, Job
from gate.supervise.zygote import Item

PASS, FAIL = "pass", "fail"
Behaviour = Callable[[str, int, tuple[int, ...]], str]


class FakeWorkers:
    """`behave(mutant, test, before)` answers pass, fail, or how the worker ends; mutant is "" for none."""

    def __init__(self, root: Path, tests: int, behave: Behaviour) -> None:
        self.items = tuple(
            Item(f"tests/test_a.py::test_{number}", "tests/test_a.py", 1, frozenset())
            for number in range(tests)
        )
        self.launch: Any = SimpleNamespace(root=root)
        self.jobs: list[Job] = []
        self._behave = behave
        self._queue: list[Job] = []

    @property
    def running(self) -> int:
        return len(self._queue)

    def submit(self, job: Job) -> None:
        self.jobs.append(job)
        self._queue.append(job)

    def events(self) -> Iterator[Event]:
        if self._queue:
            yield from self._run(self._queue.pop(0))

    def _run(self, job: Job) -> Iterator[Event]:
        mutant = str(job.edit["replacement"]) if job.edit else ""
        for position, test in enumerate(job.items):
            answer = self._behave(mutant, test, job.items[:position])
            if answer == "unswitched":
                yield Ended(job, "stopped", "no live function", None, 0.0, "", None)
                return
            if answer not in (PASS, FAIL):
                ending: Ending = answer  # type: ignore[assignment]
                yield Ended(job, ending, f"it ended by {answer}", test, 1.0, "", None)
                return
            yield Done(job, test, _phases(answer), True, 0.5)
            if answer == FAIL and job.stop:
                break
        yield Ended(job, "end", "", None, 0.0, "", None)

    def runs(self) -> list[tuple[str, tuple[int, ...]]]:
        """Each job as the mutant it ran ("" for none) and its tests."""
        return [(str(job.edit["replacement"]) if job.edit else "", job.items) for job in self.jobs]


def make_mutant(name: str = "m", function: str = "f", line: int = 2, **fields: Any) -> Mutant:
    """Build a mutant of `pkg/a.py` whose replacement text is its name."""
    unit = Unit("f", 1, 2, ())
    defaults: dict[str, Any] = {"start": 0, "end": 0, "moment": "call", "unit": unit}
    return Mutant(
        name, "pkg/a.py", line, line, "number", function, "1", name, **{**defaults, **fields}
    )


def _phases(answer: str) -> tuple[dict[str, Any], ...]:
    outcome = "passed" if answer == PASS else "failed"
    return ({"when": "call", "outcome": outcome, "seconds": 0.1},)
