"""The judge's side of every worker: one loop that hears frames, keeps the clocks and ends what is over.

An exit status is never evidence: a worker without its `end` frame has crashed, whatever it returned.
"""

from __future__ import annotations

import os
import selectors
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from gate.errors import MissingEvidenceError
from gate.supervise import watch
from gate.supervise.jobs import Ending, Event, Guards, Job, Limits, never_began
from gate.supervise.start import is_better, lacks_root, not_started, nothing_importable
from gate.supervise.worker import Worker, cut_off, describe_status
from gate.supervise.zygote import Collected, Launch, Zygote, hear, start_zygote, subprocess_data
from gate.worker.kernel import adopt_orphans, descendants
from gate.worker.messages import FrameError

TICK = 0.1
RECEIVE = 1 << 18
_OTHER_TESTS = "collecting a second time gave other tests"


class Supervisor:
    """Workers of one project: collect once, submit jobs, hear events. Use as a context manager.

    `fresh` says that forking is not safe here: every job then gets a process that collects again.
    What belongs to another supervisor, `beside` this one and idle at its end, is left to that.
    """

    def __init__(self, launch: Launch, limits: Limits, beside: Supervisor | None = None) -> None:
        self.launch = launch
        self.limits = limits
        self._beside = beside
        self.fresh = False
        self.guards = Guards()
        self._selector = selectors.DefaultSelector()
        self._zygotes: list[Zygote] = []
        self._workers: list[Worker] = []
        self._waiting: dict[int, Job] = {}
        self._events: list[Event] = []
        self._main: Zygote | None = None
        self._seed: Zygote | None = None
        self._first: Collected | None = None
        self._numbers = iter(range(1_000_000_000))
        self._looked = 0.0
        self._others: frozenset[int] = frozenset()

    def __enter__(self) -> Supervisor:
        # Where a test has killed the keeper, what it left becomes the judge's to end.
        adopt_orphans()
        self._others = frozenset(descendants(os.getpid()))
        return self

    def __exit__(self, *_: object) -> None:
        # The scratch folder goes before the last keeper, which would clear it if the judge were killed.
        for zygote in self._zygotes[1:]:
            self._drop(zygote)
        shutil.rmtree(self.launch.scratch, ignore_errors=True)
        for zygote in self._zygotes[:1]:
            self._drop(zygote)
        # Its lanes may be younger than this supervisor.
        theirs = self._beside.processes() if self._beside else frozenset[int]()
        watch.end_strays(self._others | theirs)
        self._selector.close()

    @property
    def running(self) -> int:
        """How many jobs are under way."""
        return sum(worker.job is not None for worker in self._workers) + len(self._waiting)

    def processes(self) -> frozenset[int]:
        """Number the processes that belong to this supervisor: keepers, and all below them."""
        keepers = [zygote.keeper.pid for zygote in self._zygotes if zygote.lifeline >= 0]
        return frozenset((*keepers, *(pid for each in keepers for pid in descendants(each))))

    def data_files(self) -> list[Path]:
        """Coverage data of every zygote's imports and of the Python processes that tests started."""
        scratch = self.launch.scratch
        return [*sorted(scratch.glob("coverage.import.*")), *subprocess_data(scratch)]

    def begin(self) -> Zygote:
        """Start a zygote, which imports and collects meanwhile."""
        self._main = self._start()
        return self._main

    def collect(self) -> Collected:
        """Start a zygote and wait for its collection.

        Raises MissingEvidenceError when pytest refuses to start, the process dies, time runs out, or a
        second collection gives other tests than the first; SetupError where the environment is at fault.
        """
        zygote = self._main if self._main and not self._main.failure else self.begin()
        self._wait_for_tests(zygote)
        if (
            self._first is None
            and not self.launch.as_module
            and lacks_root(zygote, self.launch.root)
        ):
            zygote = self._try_as_module(zygote)
        if zygote.collected is None or zygote.failure:
            self._drop(zygote)
            raise not_started(zygote, self.launch)
        if unusable := nothing_importable(zygote.collected, self.launch):
            raise unusable
        if not self._same_tests(zygote):
            raise MissingEvidenceError(_OTHER_TESTS, "find what makes the collection change")
        self.fresh = self.fresh or bool(zygote.collected.threads)
        return zygote.collected

    def submit(self, job: Job) -> None:
        """Begin a job in a fork, or in a process of its own where forking is not safe."""
        if job.apart or (self.fresh and not job.at_import):
            self._waiting[self._start(measured=not job.apart).number] = job
            return
        zygote = self._seeded() if job.at_import else self._collected()
        idle = (
            each
            for each in self._workers
            if each.zygote is zygote and each.job is None and each.guarded is job.guarded
        )
        worker = next(idle, None) or self._open_lane(zygote, guarded=job.guarded)
        self._begin(worker, job)

    def events(self) -> Iterator[Event]:
        """Wait for something to happen and yield it; yields nothing when no job is under way."""
        while self.running and not self._events:
            self._hear(TICK)
            self._keep_limits()
        while self._events:
            yield self._events.pop(0)

    def begin_seed(self) -> Zygote:
        """Start the zygote that jobs at import fork from, unless there is one; it imports meanwhile."""
        if self._seed is None or self._seed.failure:
            self._seed = self._start(self._first)
            self._seed.preloading = 1
        return self._seed

    def begin_preload(self, modules: Sequence[str], *, many: bool = False) -> None:
        """Let the zygote import what workers were seen to import late, once for all forks to come.

        With `many` of them to come, its memory is made cheap to fork, which takes a moment.
        """
        zygote = self._main
        if self.fresh or zygote is None or zygote.failure:
            return
        for worker in [each for each in self._workers if each.zygote is zygote and not each.job]:
            self._close(worker)
        try:
            zygote.send("preload", modules=list(modules), many=many)
            zygote.preloading += 1
        except OSError:
            self._lose(zygote, "the process that holds the tests is gone")

    def finish_preload(self) -> None:
        """Wait for that; where it started threads, another zygote takes the place without them."""
        zygote = self._main
        if self.fresh or zygote is None or zygote.failure:
            return
        if not self._wait_for(zygote):
            self._drop(zygote)
            self.collect()

    def _wait_for_tests(self, zygote: Zygote) -> None:
        """Hear a zygote until it has collected, or has a reason not to."""
        while zygote.collected is None and not zygote.failure:
            left = zygote.started + self.limits.collect - time.monotonic()
            if left <= 0:
                zygote.failure = f"collection was not over after {self.limits.collect:g} s"
            self._hear(min(left, TICK))

    def _try_as_module(self, before: Zygote) -> Zygote:
        """Start pytest with the root on the path, and keep what found more tests, for all that comes."""
        plain = self.launch
        self.launch = replace(plain, as_module=True)
        again = self._start()
        self._wait_for_tests(again)
        kept, other = (again, before) if is_better(again, before) else (before, again)
        self._drop(other)
        # What was imported in vain is no coverage.
        other.data.unlink(missing_ok=True)
        self.launch = self.launch if kept is again else plain
        self._main = kept
        return kept

    def _collected(self) -> Zygote:
        if self._main is None or self._main.failure:
            self.collect()
        if self._main is None:
            raise AssertionError("a collection leaves a zygote")
        return self._main

    def _seeded(self) -> Zygote:
        """The zygote of the earlier fork point. Raises MissingEvidenceError when there can be none."""
        seed = self.begin_seed()
        if not self._wait_for(seed):
            raise MissingEvidenceError(f"no fork point before import: {seed.failure}")
        return seed

    def _wait_for(self, zygote: Zygote) -> bool:
        deadline = time.monotonic() + self.limits.collect
        while zygote.preloading > 0 and not zygote.failure:
            if time.monotonic() > deadline:
                zygote.failure = f"importing was not over after {self.limits.collect:g} s"
            self._hear(TICK)
        return not zygote.failure

    def _same_tests(self, zygote: Zygote) -> bool:
        if zygote.collected is None:
            return False
        if self._first is None:
            self._first = zygote.collected
        first, again = self._first.items, zygote.collected.items
        return [item.test for item in first] == [item.test for item in again]

    def _start(self, first: Collected | None = None, *, measured: bool = True) -> Zygote:
        zygote = start_zygote(self.launch, next(self._numbers), first, measured=measured)
        self._zygotes.append(zygote)
        self._selector.register(zygote.control, selectors.EVENT_READ, zygote)
        return zygote

    def _open_lane(self, zygote: Zygote, *, guarded: bool) -> Worker:
        own, its_own = socket.socketpair()
        child, its_child = socket.socketpair()
        child.setblocking(False)
        output = self.launch.scratch / f"worker-{next(self._numbers)}.out"
        worker = Worker(child, own, zygote, output, guarded, self.guards)
        self._workers.append(worker)
        self._selector.register(child, selectors.EVENT_READ, worker)
        self._selector.register(own, selectors.EVENT_READ, worker)
        try:
            descriptors = its_own.fileno(), its_child.fileno()
            zygote.send("lane", descriptors, output=str(output), guarded=guarded)
        except OSError:
            zygote.failure = zygote.failure or "the process that holds the tests is gone"
        finally:
            its_own.close()
            its_child.close()
        return worker

    def _begin(self, worker: Worker, job: Job) -> None:
        name = f"coverage.{next(self._numbers)}"
        data = self.launch.scratch / name if job.measured else None
        try:
            worker.begin(job, data, self.limits.test + TICK)
        except OSError:
            self._end(worker, "orphaned", "its lane is gone")

    def _hear(self, wait: float) -> None:
        for key, _ in self._selector.select(max(0.0, wait)):
            if isinstance(key.data, Zygote):
                self._hear_zygote(key.data)
            elif key.data not in self._workers:
                continue
            elif key.fileobj is key.data.sock:
                self._hear_child(key.data)
            else:
                self._hear_lane(key.data)

    def _hear_zygote(self, zygote: Zygote) -> None:
        try:
            data = zygote.control.recv(RECEIVE)
            for frame in zygote.decoder.feed(data):
                hear(zygote, frame)
        except (OSError, FrameError, KeyError, TypeError, ValueError) as error:
            self._lose(zygote, f"the process that imports the tests sent what is no frame: {error}")
            return
        if not data:
            self._lose(zygote, zygote.failure or "the process that imports the tests ended")
        elif zygote.collected and zygote.number in self._waiting:
            self._begin_in(zygote, self._waiting.pop(zygote.number))

    def _begin_in(self, zygote: Zygote, job: Job) -> None:
        """Do a job in a zygote itself, which has collected anew and must have found the same tests."""
        if not self._same_tests(zygote):
            self._drop(zygote)
            self._events.append(never_began(job, _OTHER_TESTS))
            return
        output = self.launch.scratch / f"worker-{zygote.number}.out"
        worker = Worker(zygote.control, zygote.control, zygote, output, guards=self.guards)
        self._workers.append(worker)
        self._selector.modify(zygote.control, selectors.EVENT_READ, worker)
        self._begin(worker, job)

    def _hear_lane(self, worker: Worker) -> None:
        """A child has ended, and what it said before is still to be heard; or the lane itself has."""
        try:
            data = worker.lane_sock.recv(RECEIVE)
            frames = worker.lane_decoder.feed(data)
        except (OSError, FrameError):
            data, frames = b"", []
        for frame in frames:
            if frame["kind"] == "open":
                worker.lane = int(frame["pid"])
            elif worker.job is not None:
                while self._hear_child(worker):
                    pass
                self._exited(worker, int(frame["status"]))
        if not data and worker in self._workers:
            while self._hear_child(worker):
                pass
            if worker in self._workers:
                self._end(worker, *(worker.over or cut_off(worker)))

    def _exited(self, worker: Worker, status: int) -> None:
        """The child is gone: end what it left in its group, tell, and keep the lane for the next job."""
        if worker.job is None:
            return
        watch.end_group(worker.pid)
        over = worker.over or ("crash", describe_status(status))
        self._events.append(worker.ended(*over))

    def _hear_child(self, worker: Worker) -> bool:
        """Read what has arrived from a child; False when that was all."""
        try:
            data = worker.sock.recv(RECEIVE)
            for frame in worker.decoder.frames(data):
                event = worker.take(frame, self.limits.test)
                if event is not None:
                    self._events.append(event)
        except BlockingIOError:
            return False
        except (FrameError, KeyError, TypeError, ValueError) as error:
            self._end(worker, "protocol", f"it sent what is no frame: {error}")
            return False
        except OSError:
            data = b""
        if not data and worker.sock is worker.lane_sock:
            self._end(worker, *(worker.over or cut_off(worker)))
        return bool(data)

    def _keep_limits(self) -> None:
        """Look at clocks and sizes, at most once a tick."""
        now = time.monotonic()
        if now - self._looked < TICK / 2:
            return
        self._looked = now
        for worker in [each for each in self._workers if each.job is not None]:
            broken = self._broken_limit(worker, now)
            if broken is not None:
                self._end(worker, *(worker.over or broken))
        for zygote in [each for each in self._zygotes if each.number in self._waiting]:
            if now - zygote.started > self.limits.collect:
                self._lose(zygote, f"collection was not over after {self.limits.collect:g} s")

    def _broken_limit(self, worker: Worker, now: float) -> tuple[Ending, str] | None:
        limits = self.limits
        if reason := worker.overtime(now):
            return "timeout", reason
        if worker.pid == 0:
            return None
        whole_tree = int(now / TICK) % 5 == 0
        if watch.resident_bytes(worker.pid, whole_tree=whole_tree) > limits.memory:
            return "memory", f"over the limit of {limits.memory >> 20} MiB resident"
        if watch.output_bytes(worker.pid) > limits.output:
            return "output", f"over the limit of {limits.output >> 20} MiB of output"
        return None

    def _end(self, worker: Worker, ending: Ending, message: str) -> None:
        """End a child with its lane, whose socket may hold anything by now."""
        if worker.pid:
            watch.end_tree(worker.pid)
        if worker.job is not None:
            self._events.append(worker.ended(ending, message))
        self._close(worker)

    def _close(self, worker: Worker) -> None:
        self._workers.remove(worker)
        for sock in {worker.sock, worker.lane_sock}:
            self._selector.unregister(sock)
            sock.close()
        if worker.lane:
            watch.end_tree(worker.lane)
        if worker.sock is worker.zygote.control:
            worker.zygote.close()

    def _lose(self, zygote: Zygote, why: str) -> None:
        """A zygote has ended: its workers end with it, and its place is free for another."""
        zygote.failure = zygote.failure or why
        job = self._waiting.pop(zygote.number, None)
        if job is not None:
            self._events.append(never_began(job, f"{why}\n{zygote.tail()}"))
        self._drop(zygote)

    def _drop(self, zygote: Zygote) -> None:
        """End a zygote; what its workers had already said is still heard."""
        if zygote.lifeline < 0:
            return
        if not any(worker.sock is zygote.control for worker in self._workers):
            self._selector.unregister(zygote.control)
        zygote.close()
