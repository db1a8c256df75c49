"""A supervisor without processes: what each test does is told to it as a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from gate.supervise.jobs import Done, Ended, Ending, Event, Guards, Job, Limits
from gate.supervise.zygote import Collected, Item

PASS = "pass"
FAIL = "fail"
SLOW = "slow"
# As slow, but only where it is measured and has the usual limit.
TRACED_ONLY = "slow where traced"
Behaviour = Callable[[int, tuple[int, ...]], str]


class FakeSupervisor:
    """Runs jobs in memory. `behave(item, before)` answers pass, fail, or how the worker ends in it.

    A test that ends its worker took two seconds; "slow" is a time-out after having computed all along.
    `ends` and `late` say of a job, by its name, how its worker ends after its last test and what it
    imported late; tests in `untraced` replace the coverage tracer.
    """

    def __init__(self, tests: list[str], behave: Behaviour, tmp_path: Path) -> None:
        self.items = tuple(
            Item(test, test.partition("::")[0], 1, frozenset({"slow"} if "slow" in test else ()))
            for test in tests
        )
        self.behave = behave
        self.scratch = tmp_path
        self.fresh = False
        self.threads: tuple[str, ...] = ()
        self.limits = Limits(10.0, 2.0, 1 << 20, 1 << 20)
        self.launch: Any = SimpleNamespace(
            root=Path("/repo"), scratch=tmp_path, withheld=(), as_module=False
        )
        self.guards = Guards()
        self.jobs: list[Job] = []
        self.most_running = 0
        self._queue: list[Job] = []
        self.environment = {"python": "3", "rootdir": "/repo"}
        self.uncollected: tuple[dict[str, Any], ...] = ()
        self.imported: dict[str, str] = {}
        self.early: dict[str, str] = {}
        self.ends: dict[str, Ending] = {}
        self.late: dict[str, tuple[str, ...]] = {}
        # Of each job, and of the collection under no name.
        self.loaded: dict[str, dict[str, str]] = {}
        self.untraced: frozenset[int] = frozenset()
        # Of each job that goes on to the end of its session: exit status, what was raised, what was printed.
        self.status: dict[str, tuple[int, str, str]] = {}
        self.enders: tuple[str, ...] = ()
        self.by_coverage: frozenset[str] = frozenset()
        # Jobs that end before they tell what was imported.
        self.untold: frozenset[str] = frozenset()
        # Of each job that ends badly after its last test: what is said of that.
        self.messages: dict[str, str] = {}
        # Jobs of which nothing is heard at all.
        self.silent: frozenset[str] = frozenset()
        # Of each job: why coverage.py could not measure all of it.
        self.lost: dict[str, str] = {}
        self.preloaded: list[list[str]] = []

    @property
    def running(self) -> int:
        return len(self._queue)

    def collect(self) -> Collected:
        said = self.environment, self.threads, self.early, self.imported
        loaded = self.loaded.get("", {})
        known = {"loaded": loaded, "enders": self.enders, "by_coverage": self.by_coverage}
        return Collected(self.items, self.uncollected, *said, **known)  # type: ignore[arg-type]

    def begin_preload(self, modules: list[str]) -> None:
        self.preloaded.append(modules)

    def finish_preload(self) -> None:
        pass

    def data_files(self) -> list[Path]:
        return []

    def submit(self, job: Job) -> None:
        self.jobs.append(job)
        self._queue.append(job)
        self.most_running = max(self.most_running, len(self._queue))

    def events(self) -> Iterator[Event]:
        if not self._queue:
            return
        job = self._queue[0]
        events = list(self._run(job))
        self._queue.pop(0)
        yield from events

    def _run(self, job: Job) -> Iterator[Event]:
        data = self.scratch / f"data of {job.name}" if job.measured else None
        if data is not None:
            data.touch()
        if job.name in self.silent:
            return
        for position, item in enumerate(job.items):
            answer = self.behave(item, job.items[:position])
            if answer == TRACED_ONLY:
                answer = SLOW if job.measured and not job.limits else PASS
            if answer not in (PASS, FAIL):
                ending: Ending = "timeout" if answer == SLOW else answer  # type: ignore[assignment]
                said = f"it ended by {ending}", item, 2.0, "said", data
                yield Ended(job, ending, *said, computed=2.0 if answer == SLOW else 0.0)
                return
            yield make_done(job, item, answer, traced=item not in self.untraced)
        ending = self.ends.get(job.name, "end")
        message = "" if ending == "end" else self.messages.get(job.name, f"it ended by {ending}")
        late, loaded = self.late.get(job.name, ()), self.loaded.get(job.name, {})
        status, raised, said = (
            self.status.get(job.name, (0, "", "")) if job.finish else (None, "", "")
        )
        imports = late, loaded
        told = job.measured and job.name not in self.untold
        ended = Ended(job, ending, message, None, 0.0, said, data, *imports, status, raised, told)
        yield replace(ended, lost=self.lost.get(job.name, ""))


def make_done(job: Job, item: int, answer: str, *, traced: bool) -> Done:
    call: dict[str, Any] = {"when": "call", "outcome": "passed", "seconds": 0.01}
    if answer == FAIL:
        call |= {"outcome": "failed", "type": "ValueError", "message": "ValueError: no"}
        call |= {"path": "/repo/pkg/a.py", "line": 7}
    around = [{"when": when, "outcome": "passed", "seconds": 0.0} for when in ("setup", "teardown")]
    return Done(job, item, (around[0], call, around[1]), traced, 0.01)
