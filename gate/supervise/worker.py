"""One lane as the judge sees it: the job it is at, where it is in it, and what its frames may say next."""

from __future__ import annotations

import math
import signal
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gate.supervise import watch
from gate.supervise.jobs import Done, Ended, Ending, Event, Guards, Job
from gate.supervise.watch import Usage
from gate.supervise.zygote import Zygote, tail
from gate.worker.messages import Decoder, Frame, FrameError, encode

PATIENCE = 10.0
# A test that hangs while others have the processors ends all the same: after so many times its limit.
MOST_LOAD = 10.0


@dataclass(eq=False)
class Worker:
    """A lane: one child at a time.

    Children speak on `sock`, the lane itself on `lane_sock`; where there is no fork both are one.
    `since` and `limit` are the clock of the test that the child is in, or of the imports before the first
    test while it is `importing`, which took `imports` seconds. `before` is what the child had used then,
    `computed` what the test had when its time was up. `left` are the tests that have not begun, `ran` counts
    those that are done. `over` is how the job ended, known before the child is gone; `pid` is the child's, 0
    without one. `guarded` children cannot write in the repository, and `guards` hears what they say of that.
    """

    sock: socket.socket
    lane_sock: socket.socket
    zygote: Zygote
    output: Path
    guarded: bool = False
    guards: Guards = field(default_factory=Guards)
    lane: int = 0
    job: Job | None = None
    data: Path | None = None
    since: float = 0.0
    limit: float = 0.0
    before: Usage = field(default_factory=Usage)
    computed: float = 0.0
    pid: int = 0
    item: int | None = None
    left: list[int] = field(default_factory=list)
    ran: int = 0
    importing: bool = False
    imports: float = 0.0
    late: tuple[str, ...] = ()
    loaded: Mapping[str, str] = field(default_factory=dict)
    over: tuple[Ending, str] | None = None
    status: int | None = None
    raised: str = ""
    told: bool = False
    lost: str = ""
    decoder: Decoder = field(default_factory=Decoder)
    lane_decoder: Decoder = field(default_factory=Decoder)

    def begin(self, job: Job, data: Path | None, most: float) -> None:
        """Send a job to the lane and start its clock; raises OSError when the lane is gone."""
        self.job, self.data, self.over = job, data, None
        self.pid, self.item, self.ran, self.late, self.loaded = 0, None, 0, (), {}
        self.importing, self.imports = job.at_import, 0.0
        self.status, self.raised, self.told, self.lost = None, "", False, ""
        self.left = list(job.items)
        # What a child before left unfinished is not this one's.
        self.decoder = Decoder()
        self.since, self.limit, self.before, self.computed = time.monotonic(), most, Usage(), 0.0
        frame = {
            "kind": "run",
            "items": list(job.items),
            "output": str(self.output),
            "guarded": job.guarded,
            "data": str(data) if data else None,
            "edit": job.edit,
            "stop": job.stop,
            "tests": list(job.tests),
            "args": list(job.arguments),
            "finish": job.finish,
        }
        # A job of many tests is more than a socket holds: the lane must read it meanwhile.
        self.lane_sock.settimeout(PATIENCE)
        self.lane_sock.sendall(encode(frame))
        self.lane_sock.setblocking(False)

    def overtime(self, now: float) -> str:
        """Say which limit of time the child has passed, or nothing.

        The time that it stood in line for a processor does not count: on a busy machine, an honest test
        takes longer by that.
        """
        clock = now - self.since
        if self.job is None or not self.pid:
            return self._past(clock)
        if not math.isinf(self.job.processor):
            computed = watch.processor_seconds(self.pid)
            if computed > self.job.processor:
                return f"still running after {self.job.processor:g} s of processor time"
            # What is left is waiting.
            clock -= computed
        if clock <= self.limit:
            return ""
        used = watch.usage(self.pid, whole_tree=True)
        self.computed = used.computed - self.before.computed
        queued = used.queued - self.before.queued
        return self._past(max(clock - queued, clock / MOST_LOAD))

    def _past(self, clock: float) -> str:
        if clock <= self.limit:
            return ""
        return f"still {'importing' if self.importing else 'running'} after {self.limit:g} s"

    def take(self, frame: Frame, most: float) -> Event | None:
        """Take a frame, start the clock anew and tell what it means; `most` is the limit of a test.

        Raises FrameError when the frame is out of order.
        """
        now = time.monotonic()
        event: Event | None = None
        match frame, self.job:
            case {"kind": "start", "pid": int(pid)}, Job() as job if self.pid == 0 and pid > 1:
                self.pid = pid
                if job.guarded:
                    self.guards.note(frame.get("missing"))
                self._step(job, most)
            case {"kind": "without", "items": items}, Job() as job if (
                self.ran == 0 and self.item is not None
            ):
                without = set(items)
                self.left = [each for each in (self.item, *self.left) if each not in without]
                self.item = None
                self._step(job, most)
            case {"kind": "imported"}, Job() as job if self.importing and self.item is not None:
                self.importing, self.imports = False, now - self.since
                self.limit = job.limits.get(self.item, most)
            case {"kind": "limit", "seconds": float(seconds)}, Job() if self.item is not None:
                self.limit = min(self.limit, seconds)
                return None
            case {"kind": "done", "item": int(item)}, Job() as job if (
                item == self.item and not self.importing
            ):
                phases, traced = tuple(frame["phases"]), bool(frame["traced"])
                set_up = {int(fixture): float(spent) for fixture, spent in frame["set_up"]}
                event = Done(job, item, phases, traced, now - self.since, set_up)
                self.item, self.limit, self.ran = None, most, self.ran + 1
                self._step(job, most)
            case {"kind": "stopped", "item": item}, Job() if (
                item in (None, self.item) and not self.over
            ):
                self.over = "stopped", str(frame["message"])
                self.item = item
            case {"kind": "ran", "late": late, "loaded": loaded, "lost": lost}, Job() as job if (
                self._may_end(job)
            ):
                self.lost = str(lost)
                self.late = tuple(map(str, late))
                self.loaded = {str(name): str(file) for name, file in dict(loaded).items()}
                self.told = True
            case {"kind": "end", "status": status, "raised": raised}, Job() as job if (
                self._may_end(job)
                and self.told is job.measured
                and isinstance(status, int) is job.finish
            ):
                self.status, self.raised = status, str(raised)
                self.over = "end", ""
            case _:
                raise FrameError(f"a {frame['kind']} frame out of order")
        self.since, self.before = now, watch.usage(self.pid)
        return event

    def ended(self, ending: Ending, message: str) -> Ended:
        """Take leave of the job: what is to be told of it."""
        if self.job is None:
            raise AssertionError("an idle lane has nothing to end")
        spent = time.monotonic() - self.since
        output = "" if ending == "end" and not self.status else tail(self.output)
        ended = Ended(
            self.job,
            ending,
            message,
            self.item,
            spent,
            output,
            self.data,
            late=self.late,
            loaded=self.loaded,
            status=self.status,
            raised=self.raised,
            told=self.told,
            computed=self.computed,
            lost=self.lost,
            imports=self.imports,
        )
        self.job, self.pid, self.item, self.over = None, 0, None, None
        return ended

    def _step(self, job: Job, most: float) -> None:
        """A test begins where the one before it is done."""
        if self.left and not self.over:
            self.item = self.left.pop(0)
            limit = job.imports if self.importing else job.limits.get(self.item)
            self.limit = most if limit is None else limit

    def _may_end(self, job: Job) -> bool:
        """Say whether all tests have run, or one at least where a job may stop early."""
        whole = not self.left and self.item is None
        return not self.over and (whole or (job.stop and self.ran > 0))


def cut_off(worker: Worker) -> tuple[Ending, str]:
    """What an end without a word means: of the zygote's own process, or of the lane above a child."""
    if worker.sock is worker.zygote.control:
        return "crash", "its process ended in the middle of its work"
    return "orphaned", "it took the process above it down"


def describe_status(status: int) -> str:
    """Word the exit status of a worker that did not come to its end."""
    if status >= 0:
        return f"left with exit status {status} in the middle of its work"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
