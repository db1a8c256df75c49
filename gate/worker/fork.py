"""The zygote's loop: a fork for each job, its end told to the judge. No threads, no signal handlers."""

from __future__ import annotations

import faulthandler
import gc
import os
import select
import socket
from typing import Any

from . import kernel
from .measure import CoverageMeasurement, Measurement
from .messages import Channel, Frame
from .run import Recorder, run_items

POLL = 0.02


def serve(session: Any, control: Channel, recorder: Recorder, setup: Frame) -> None:
    """Run the jobs that arrive on `control` until it closes; each comes with a socket of its own."""
    gc.freeze()
    gc.enable()
    children = Children(control)
    while True:
        children.wait_or_readable()
        if not (control.buffered or children.control_readable):
            continue
        job = control.receive()
        if job is None:
            return
        channel = Channel(socket.socket(fileno=control.descriptors.pop(0)))
        if not job["fork"]:
            _work(session, job, channel, recorder, setup)
        zygote = os.getpid()
        process = os.fork()
        if process == 0:
            control.sock.close()
            os.setsid()
            kernel.die_with_parent(zygote)
            _work(session, job, channel, recorder, setup)
        channel.sock.close()
        children.add(job["job"], process)


class Children:
    """The forks that are alive, and their ends."""

    def __init__(self, control: Channel) -> None:
        self._control = control
        self._alive: dict[int, tuple[int, int | None]] = {}
        self.control_readable = False

    def add(self, job: int, process: int) -> None:
        """Tell the judge of a new fork and watch for its end."""
        self._alive[process] = (job, _end_descriptor(process))
        self._control.send("forked", job=job, pid=process)

    def wait_or_readable(self) -> None:
        """Wait until a fork ends or the judge says something; tell the judge of those that ended."""
        if self._control.buffered:
            return
        watched: list[Any] = [end for _, end in self._alive.values() if end is not None]
        unwatched = len(watched) < len(self._alive)
        watched.append(self._control.sock)
        readable, _, _ = select.select(watched, [], [], POLL if unwatched else None)
        self.control_readable = self._control.sock in readable
        if unwatched or len(readable) > self.control_readable:
            self._reap()

    def _reap(self) -> None:
        for process in list(self._alive):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                job, descriptor = self._alive.pop(process)
                if descriptor is not None:
                    os.close(descriptor)
                self._control.send("exited", job=job, status=os.waitstatus_to_exitcode(status))


def _end_descriptor(process: int) -> int | None:
    try:
        return os.pidfd_open(process)
    except (AttributeError, OSError):
        return None


def _work(session: Any, job: Frame, channel: Channel, recorder: Recorder, setup: Frame) -> None:
    """Run one job to its end and leave without a trace of pytest's own endings."""
    try:
        channel.send("start", pid=os.getpid())
        _own_output(session.config, job["output"])
        measurement = Measurement()
        if job["data"]:
            measurement = CoverageMeasurement(job["data"], setup["source"], setup["subprocesses"])
        run_items(session, job["items"], channel, recorder, measurement)
    finally:
        os._exit(0)


def _own_output(config: Any, path: str) -> None:
    """Give this fork its own output and capture files; those of the zygote are shared by all forks."""
    manager = config.pluginmanager.getplugin("capturemanager")
    if manager is not None:
        manager.stop_global_capturing()
    output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if faulthandler.is_enabled():
        # The descriptor stays open: during a test 2 is pytest's capture file, which nobody reads after a crash.
        faulthandler.enable(output)
    if manager is not None:
        manager.start_global_capturing()
        manager.suspend_global_capture(in_=False)
