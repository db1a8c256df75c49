"""Workers without processes: what a test does under a mutant, or without one, is told as a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import builders

from gate.errors import MissingEvidenceError
from gate.model import Mutant, Unit
from gate.mutate.entries import NOTHING, RAISE
from gate.supervise.jobs import Done, Ended, Ending, Event, Job
from gate.supervise.zygote import Collected, Item

PASS, FAIL, REFUSED = "pass", "fail", "refused"
# The mutant cannot be put in place; the zygote dies, with every job that is under way.
UNPLACED, ZYGOTE = "unplaced", "zygote"
Behaviour = Callable[[str, int, tuple[int, ...]], str]

SOURCE = "X = 1\ndef f():\n    return 1\n"


class FakeWorkers:
    """`behave(mutant, test, before)` answers pass, fail, or how the worker ends; mutant is "" for none.

    Unchanged code that is put in place asks `neutral` where it is given, and is no mutant to `behave`.
    Every test that is not `asleep` fails under a raise. Jobs before import ask `at_import` where it is
    given. `refuse(job)` says which jobs find no worker. Tests are two to a file.
    """

    def __init__(
        self,
        root: Path,
        tests: int,
        behave: Behaviour,
        at_import: Behaviour | None = None,
        refuse: Callable[[Job], bool] = lambda job: False,
        neutral: Behaviour | None = None,
    ) -> None:
        self.asleep: tuple[int, ...] = ()
        files = [test_name(number).partition("::")[0] for number in range(tests)]
        self.items = tuple(
            Item(test_name(number), file, 1, frozenset(), file=f"{root}/{file}")
            for number, file in enumerate(files)
        )
        self.launch: Any = SimpleNamespace(root=root, options=("-o", "x=y"))
        self.jobs: list[Job] = []
        self.most_running = 0
        self._behave = behave
        self._at_import = at_import or behave
        self._refuse = refuse
        self._neutral = neutral
        self.seeded = False
        self.imports = 0.0
        self._queue: list[Job] = []
        self._pending: list[Event] = []

    def collect(self) -> Collected:
        root = str(self.launch.root)
        environment = {"rootdir": root, "configuration": f"{root}/setup.cfg"}
        return Collected(self.items, (), environment, (), {}, {})

    def begin_preload(self, modules: tuple[str, ...], *, many: bool = False) -> None:
        self.preloaded = (modules, many)

    def begin_seed(self) -> None:
        self.seeded = True

    def finish_preload(self) -> None:
        pass

    @property
    def running(self) -> int:
        return len(self._queue)

    def submit(self, job: Job) -> None:
        if self._refuse(job):
            raise MissingEvidenceError("no zygote\nit said more", "look")
        self.jobs.append(job)
        self._queue.append(job)
        self.most_running = max(self.most_running, len(self._queue))

    def events(self) -> Iterator[Event]:
        if self._queue and not self._pending:
            self._pending += self._run(self._queue.pop(0))
        while self._pending:
            yield self._pending.pop(0)

    def _run(self, job: Job) -> Iterator[Event]:
        mutant = change(job)
        behave = self._at_import if job.at_import else self._behave
        if self._neutral is not None and job.edit is not None and not mutant:
            behave = self._neutral
        for position, test in enumerate(job.items):
            if RAISE in mutant:
                answer = PASS if test in self.asleep else FAIL
            else:
                answer = behave(mutant, test, job.items[:position])
            if answer not in (PASS, FAIL, REFUSED):
                yield from self._bad_end(job, test, answer)
                return
            yield Done(job, test, _phases(answer), True, 0.5)
            if answer in (FAIL, REFUSED) and job.stop:
                break
        yield Ended(job, "end", "", None, 0.0, "", None, imports=self.imports)

    def _bad_end(self, job: Job, test: int, answer: str) -> Iterator[Event]:
        if answer == UNPLACED:
            yield Ended(job, "stopped", "no live function", None, 0.0, "", None)
        elif answer == ZYGOTE:
            others, self._queue = self._queue, []
            for each in (job, *others):
                item = test if each is job else each.items[0]
                yield Ended(each, "orphaned", "it took it down", item, 1.0, "", None)
        else:
            ending: Ending = answer  # type: ignore[assignment]
            yield Ended(job, ending, f"it ended by {answer}", test, 1.0, "", None)

    def runs(self) -> list[tuple[str, tuple[int, ...]]]:
        """Each job as the mutant it ran ("" for none) and its tests."""
        return [(change(job), job.items) for job in self.jobs]

    def kinds(self) -> list[str]:
        """Each job by its kind, and where it forked from if that was before import."""
        return [job.name.split()[0] + (" at import" if job.at_import else "") for job in self.jobs]


def test_name(number: int) -> str:
    """The id of a test."""
    return f"tests/test_{'abcdefghijklmnop'[number // 2 % 16]}.py::test_{number}"


test_name.__test__ = False  # type: ignore[attr-defined]


def make_mutant(name: str = "m", function: str = "f", line: int = 3, **fields: Any) -> Mutant:
    """Build a mutant of `pkg/a.py` (SOURCE) whose id and replacement text are its name."""
    unit = Unit("f", 2, 3, ())
    start = SOURCE.rindex("1")
    defaults: dict[str, Any] = {"start": start, "end": start + 1, "unit": unit, "original": "1"}
    named = {"id": name, "replacement": name, "function": function}
    return builders.make_mutant(line, **{**defaults, **named, **fields})


def make_import_mutant(name: str = "m", **fields: Any) -> Mutant:
    """Build a mutant of the constant of SOURCE."""
    start = SOURCE.index("1")
    place = {"start": start, "end": start + 1, "unit": None, "moment": "import"}
    return make_mutant(name, function="", line=1, **{**place, **fields})


def write_source(root: Path) -> None:
    """Write SOURCE to where the mutants are."""
    (root / "pkg").mkdir()
    (root / "pkg/a.py").write_text(SOURCE)


def change(job: Job) -> str:
    """What is in place: nothing, unchanged code, or a mutant; a raise is called by its text."""
    name = "" if job.edit is None else str(job.edit["replacement"])
    return "" if name.strip(" ;\n") == NOTHING else name


def _phases(answer: str) -> tuple[dict[str, Any], ...]:
    outcome = "passed" if answer == PASS else "failed"
    phase = {"when": "call", "outcome": outcome, "seconds": 0.1}
    refused = {"type": "PermissionError", "denied": "/elsewhere/x.txt"}
    return (phase | refused if answer == REFUSED else phase,)
