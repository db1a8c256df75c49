"""The judge's side of every worker: one loop that hears frames, keeps the clocks and ends what is over.

An exit status is never evidence: a worker without its `end` frame has crashed, whatever it returned.
"""

from __future__ import annotations

import selectors
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from gate.errors import MissingEvidenceError
from gate.supervise import watch
from gate.supervise.jobs import Ended, Ending, Event, Job, Limits
from gate.supervise.worker import Worker
from gate.supervise.zygote import Collected, Launch, Zygote, hear, start_zygote, tail
from gate.worker.messages import Frame, FrameError

TICK = 0.1
GRACE = 1.0
RECEIVE = 1 << 18

_OTHER_TESTS = "collecting a second time gave other tests"


class Supervisor:
    """Workers of one project: collect once, submit jobs, hear events. Use as a context manager."""

    def __init__(self, launch: Launch, limits: Limits) -> None:
        self.launch = launch
        self.limits = limits
        self.fresh = False
        self._selector = selectors.DefaultSelector()
        self._zygotes: list[Zygote] = []
        self._workers: dict[str, Worker] = {}
        self._waiting: dict[int, Job] = {}
        self._events: list[Event] = []
        self._main: Zygote | None = None
        self._seed: Zygote | None = None
        self._modules: tuple[str, ...] = ()
        self._numbers = iter(range(1_000_000_000))

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        for zygote in list(self._zygotes):
            self._drop(zygote)
        self._selector.close()

    @property
    def running(self) -> int:
        """How many jobs are under way."""
        return len(self._workers) + len(self._waiting)

    def data_files(self) -> list[Path]:
        """Coverage data of every zygote's imports and of the Python processes that tests started."""
        scratch = self.launch.scratch
        return [
            *sorted(scratch.glob("coverage.import.*")),
            *sorted(scratch.glob("coverage.subprocess.*")),
        ]

    def collect(self) -> Collected:
        """Start a zygote and wait for its collection.

        Raises MissingEvidenceError when pytest refuses to start, the process dies, or time runs out.
        """
        zygote = self._main = self._start()
        while zygote.collected is None:
            left = zygote.started + self.limits.collect - time.monotonic()
            if left <= 0:
                zygote.failure = f"collection was not over after {self.limits.collect:g} s"
            if zygote.failure:
                self._drop(zygote)
                raise _not_collected(zygote)
            self._hear(min(left, TICK))
        self.fresh = self.fresh or bool(zygote.collected.threads)
        self._modules = zygote.collected.modules
        return zygote.collected

    def submit(self, job: Job) -> None:
        """Begin a job: a fork of the zygote, or a process of its own where forking is not safe."""
        if job.at_import:
            self._begin(job, self._seeded(), fork=True)
            return
        if self.fresh:
            self._waiting[self._start().number] = job
            return
        if self._main is None or self._main.failure:
            first = self._zygotes[0].items
            if [item.test for item in self.collect().items] != [item.test for item in first]:
                raise MissingEvidenceError(_OTHER_TESTS, "find what makes the collection change")
        if self._main is not None:
            self._begin(job, self._main, fork=True)

    def preload(self, modules: Sequence[str]) -> None:
        """Import modules in the zygote that workers were seen to import late, once for all forks.

        Where that starts threads, another zygote takes its place without them.
        """
        zygote = self._main
        if self.fresh or zygote is None or zygote.failure or not modules:
            return
        zygote.preloaded = False
        zygote.send("preload", modules=list(modules))
        if not self._wait_for(zygote):
            self._drop(zygote)
            self.collect()

    def _seeded(self) -> Zygote:
        """The zygote of the earlier fork point. Raises MissingEvidenceError when there can be none."""
        if self._seed is None or self._seed.failure:
            self._seed = self._start(self._modules)
            if not self._wait_for(self._seed):
                raise MissingEvidenceError(f"no fork point before import: {self._seed.failure}")
        return self._seed

    def _wait_for(self, zygote: Zygote) -> bool:
        deadline = time.monotonic() + self.limits.collect
        while not zygote.preloaded and not zygote.failure:
            if time.monotonic() > deadline:
                zygote.failure = f"importing was not over after {self.limits.collect:g} s"
            self._hear(TICK)
        return not zygote.failure

    def events(self) -> Iterator[Event]:
        """Wait for something to happen and yield it; yields nothing when no job is under way."""
        while self.running and not self._events:
            self._hear(TICK)
            self._keep_limits()
        while self._events:
            yield self._events.pop(0)

    def _start(self, preload: Sequence[str] | None = None) -> Zygote:
        zygote = start_zygote(self.launch, next(self._numbers), preload)
        self._zygotes.append(zygote)
        self._selector.register(zygote.control, selectors.EVENT_READ, zygote)
        return zygote

    def _begin(self, job: Job, zygote: Zygote, *, fork: bool) -> None:
        here, there = socket.socketpair()
        here.setblocking(False)
        scratch, number = self.launch.scratch, next(self._numbers)
        data = scratch / f"coverage.{number}" if job.measured else None
        worker = Worker(
            job,
            here,
            zygote,
            scratch / f"worker-{number}.out",
            data,
            time.monotonic(),
            GRACE + self.limits.test,
        )
        self._workers[job.name] = worker
        self._selector.register(here, selectors.EVENT_READ, worker)
        try:
            zygote.send(
                "run",
                (there.fileno(),),
                job=job.name,
                items=list(job.items),
                output=str(worker.output),
                data=str(data) if data else None,
                fork=fork,
                edit=job.edit,
                stop=job.stop,
                tests=list(job.tests),
                args=list(job.arguments),
            )
        except OSError:
            self._lose(zygote, "the zygote is gone")
        finally:
            there.close()

    def _hear(self, wait: float) -> None:
        for key, _ in self._selector.select(max(0.0, wait)):
            if isinstance(key.data, Zygote):
                self._hear_zygote(key.data)
            elif key.data.job.name in self._workers:
                self._hear_worker(key.data)

    def _hear_zygote(self, zygote: Zygote) -> None:
        try:
            data = zygote.control.recv(RECEIVE)
            frames = zygote.decoder.feed(data)
            for frame in frames:
                if not hear(zygote, frame):
                    self._hear_of_fork(frame)
        except (OSError, FrameError, KeyError, TypeError, ValueError) as error:
            self._lose(zygote, f"the zygote sent what is no frame: {error}")
            return
        if not data:
            self._lose(zygote, zygote.failure or "the zygote ended")
        elif zygote.collected and zygote.number in self._waiting:
            self._begin_waiting(zygote)

    def _begin_waiting(self, zygote: Zygote) -> None:
        """A second zygote has collected: its items must be those of the first."""
        job = self._waiting.pop(zygote.number)
        first = self._zygotes[0].items
        if first and [item.test for item in first] != [item.test for item in zygote.items]:
            self._drop(zygote)
            self._events.append(_never_began(job, _OTHER_TESTS))
            return
        self._begin(job, zygote, fork=not self.fresh)

    def _hear_of_fork(self, frame: Frame) -> None:
        worker = self._workers.get(str(frame["job"]))
        if worker is None:
            return
        if frame["kind"] == "forked":
            worker.pid = int(frame["pid"])
        elif frame["kind"] == "exited":
            self._hear_worker(worker)
            if worker.job.name in self._workers:
                self._end(worker, "crash", _describe_status(int(frame["status"])))

    def _hear_worker(self, worker: Worker) -> None:
        """Read all that has arrived; a closed socket waits a moment for the exit status."""
        while worker.job.name in self._workers and not worker.closed:
            try:
                data = worker.sock.recv(RECEIVE)
                for frame in worker.decoder.feed(data):
                    self._take(worker, frame)
            except BlockingIOError:
                return
            except (FrameError, KeyError, TypeError, ValueError) as error:
                self._end(worker, "protocol", f"it sent what is no frame: {error}")
                return
            except OSError:
                data = b""
            if not data and worker.job.name in self._workers:
                worker.closed = time.monotonic()
                self._selector.unregister(worker.sock)

    def _take(self, worker: Worker, frame: Frame) -> None:
        event = worker.take(frame, self.limits.test)
        if event is not None:
            self._events.append(event)
        if worker.over is not None:
            self._end(worker, *worker.over)

    def _keep_limits(self) -> None:
        now = time.monotonic()
        whole_tree = int(now / TICK) % 5 == 0
        for worker in list(self._workers.values()):
            spent = now - worker.since
            if worker.closed and now - worker.closed > GRACE:
                self._end(worker, "crash", "it closed its socket without an end")
            elif spent > worker.limit:
                self._end(worker, "timeout", f"still running after {worker.limit:g} s")
            elif (
                worker.pid
                and watch.resident_bytes(worker.pid, whole_tree=whole_tree) > self.limits.memory
            ):
                self._end(
                    worker, "memory", f"over the limit of {self.limits.memory >> 20} MiB resident"
                )
            elif worker.pid and watch.output_bytes(worker.pid) > self.limits.output:
                self._end(
                    worker, "output", f"over the limit of {self.limits.output >> 20} MiB of output"
                )
        for zygote in [z for z in self._zygotes if z.number in self._waiting]:
            if now - zygote.started > self.limits.collect:
                self._lose(zygote, f"collection was not over after {self.limits.collect:g} s")

    def _end(self, worker: Worker, ending: Ending, message: str) -> None:
        """Take leave of a worker: kill what is left of it and tell."""
        del self._workers[worker.job.name]
        if not worker.closed:
            self._selector.unregister(worker.sock)
        worker.sock.close()
        if worker.pid:
            (watch.end_group if ending == "end" else watch.end_tree)(worker.pid)
        if self.fresh and worker.zygote is not self._seed:
            self._drop(worker.zygote)
        spent = time.monotonic() - worker.since
        output = "" if ending == "end" else tail(worker.output)
        self._events.append(
            Ended(worker.job, ending, message, worker.item, spent, output, worker.data, worker.late)
        )

    def _lose(self, zygote: Zygote, why: str) -> None:
        """A zygote has ended: its workers end with it, and its place is free for another."""
        zygote.failure = zygote.failure or why
        for worker in [each for each in self._workers.values() if each.zygote is zygote]:
            self._hear_worker(worker)
            if worker.job.name in self._workers:
                self._end(worker, "orphaned", why)
        job = self._waiting.pop(zygote.number, None)
        if job is not None:
            self._events.append(_never_began(job, f"{why}\n{zygote.tail()}"))
        self._drop(zygote)

    def _drop(self, zygote: Zygote) -> None:
        if zygote.lifeline < 0:
            return
        self._selector.unregister(zygote.control)
        zygote.close()


def _never_began(job: Job, message: str) -> Ended:
    return Ended(job, "orphaned", message, None, 0.0, "", None)


def _not_collected(zygote: Zygote) -> MissingEvidenceError:
    said = zygote.tail()
    return MissingEvidenceError(
        f"no test could be collected: {zygote.failure}" + (f"\n{said}" if said else ""),
        "run `pytest --collect-only` in the repository; what it reports must be mended first",
    )


def _describe_status(status: int) -> str:
    if status < 0:
        try:
            return f"killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"killed by signal {-status}"
    return f"left with exit status {status} in the middle of its work"
