"""One worker as the judge sees it: where it is in its job, and what its frames may say next."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from gate.supervise.jobs import Began, Done, Ending, Event, Job
from gate.supervise.zygote import Zygote
from gate.worker.messages import Decoder, Frame, FrameError


@dataclass
class Worker:
    """A fork at work. `since` and `limit` are the clock of the test it is in; `over` is how it ended."""

    job: Job
    sock: socket.socket
    zygote: Zygote
    output: Path
    data: Path | None
    since: float
    limit: float
    pid: int = 0
    item: int | None = None
    position: int = 0
    closed: float = 0.0
    late: tuple[str, ...] = ()
    over: tuple[Ending, str] | None = None
    decoder: Decoder = field(default_factory=Decoder)

    def take(self, frame: Frame, most: float) -> Event | None:
        """Take a frame, start the clock anew and tell what it means; `most` is the limit of a test.

        Raises FrameError when the frame is out of order.
        """
        now = time.monotonic()
        event: Event | None = None
        match frame:
            case {"kind": "start", "pid": int(pid)} if self.pid in (0, pid):
                self.pid = pid
            case {"kind": "begin", "item": int(item)} if item == self._expected():
                limits = self.job.limits
                self.limit = limits[self.position] if limits else most
                self.item, self.position = item, self.position + 1
                event = Began(self.job, item)
            case {"kind": "limit", "seconds": float(seconds)} if self.item is not None:
                self.limit = min(self.limit, seconds)
                return None
            case {"kind": "done", "item": int(item)} if item == self.item:
                phases, traced = tuple(frame["phases"]), bool(frame["traced"])
                event = Done(self.job, item, phases, traced, now - self.since)
                self.item, self.limit = None, most
            case {"kind": "stopped", "item": item} if item == self.item:
                self.over = "stopped", str(frame["message"])
            case {"kind": "end", "late": late} if self._may_end():
                self.late = tuple(map(str, late))
                self.over = "end", ""
            case _:
                raise FrameError(f"a {frame['kind']} frame out of order")
        self.since = now
        return event

    def _expected(self) -> int | None:
        """The test that may begin now."""
        if self.item is not None or self.position >= len(self.job.items):
            return None
        return self.job.items[self.position]

    def _may_end(self) -> bool:
        """Say whether all tests have run, or one at least where a job may stop early."""
        whole = self.position == len(self.job.items)
        return self.item is None and (whole or (self.job.stop and self.position > 0))
