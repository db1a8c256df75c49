"""A zygote's loop: a fork for each job, its end told to the judge. No threads, no signal handlers."""

from __future__ import annotations

import faulthandler
import gc
import os
import select
import socket
from collections.abc import Callable
from typing import Any

from . import kernel
from .messages import Channel, Frame

POLL = 0.02
Work = Callable[[Frame, Channel], None]


def serve(control: Channel, work: Work, tell: Callable[[Frame], None]) -> None:
    """Do the jobs that arrive until the judge closes, each in a fork and with a socket of its own.

    A job that is not to be forked is done here and is the last. `tell` hears every other frame.
    """
    gc.freeze()
    gc.enable()
    zygote = os.getpid()
    children = Children(control)
    while True:
        children.wait_or_readable()
        if not (control.buffered or children.control_readable):
            continue
        job = control.receive()
        if job is None:
            return
        if job["kind"] != "run":
            tell(job)
            continue
        channel = Channel(socket.socket(fileno=control.descriptors.pop(0)))
        process = os.fork() if job["fork"] else 0
        if process == 0:
            _do(job, channel, work, control if job["fork"] else None, zygote)
        channel.sock.close()
        children.add(job["job"], process)


class Children:
    """The forks that are alive, and their ends."""

    def __init__(self, control: Channel) -> None:
        self._control = control
        self._alive: dict[int, tuple[str, int | None]] = {}
        self.control_readable = False

    def add(self, job: str, process: int) -> None:
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


def own_output(config: Any, path: str) -> None:
    """Give this fork its own output and capture files; those of the zygote are shared by all forks.

    `config` is pytest's, or None before there is one.
    """
    manager = config and config.pluginmanager.getplugin("capturemanager")
    if manager is not None:
        manager.stop_global_capturing()
    output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if faulthandler.is_enabled():
        # It stays open: during a test 2 is pytest's capture file, which nobody reads after a crash.
        faulthandler.enable(output)
    if manager is not None:
        manager.start_global_capturing()
        manager.suspend_global_capture(in_=False)


def _do(job: Frame, channel: Channel, work: Work, control: Channel | None, zygote: int) -> None:
    """Do one job to its end, and leave without a trace of pytest's own endings."""
    try:
        if control is not None:
            control.sock.close()
            os.setsid()
            kernel.die_with_parent(zygote)
        channel.send("start", pid=os.getpid())
        work(job, channel)
    finally:
        os._exit(0)


def _end_descriptor(process: int) -> int | None:
    try:
        return os.pidfd_open(process)
    except (AttributeError, OSError):
        return None
