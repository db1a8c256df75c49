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
from .switch import Switch, SwitchError

POLL = 0.02


class Server:
    """Runs jobs of one collected session, each in a fork."""

    def __init__(self, session: Any, control: Channel, recorder: Recorder, setup: Frame) -> None:
        self._session = session
        self._control = control
        self._recorder = recorder
        self._setup = setup
        self._switch = Switch(setup["root"]) if setup.get("mutate") else None

    def serve(self) -> None:
        """Run the jobs that arrive until the judge closes; each comes with a socket of its own."""
        gc.freeze()
        gc.enable()
        children = Children(self._control)
        while True:
            children.wait_or_readable()
            if not (self._control.buffered or children.control_readable):
                continue
            job = self._control.receive()
            if job is None:
                return
            channel = Channel(socket.socket(fileno=self._control.descriptors.pop(0)))
            process = os.fork() if job["fork"] else 0
            if process == 0:
                self._work(job, channel)
            channel.sock.close()
            children.add(job["job"], process)

    def _work(self, job: Frame, channel: Channel) -> None:
        """Run one job to its end and leave without a trace of pytest's own endings."""
        try:
            if job["fork"]:
                self._control.sock.close()
                os.setsid()
                kernel.die_with_parent(self._setup["pid"])
            channel.send("start", pid=os.getpid())
            _own_output(self._session.config, job["output"])
            if self._switched(job, channel):
                run_items(self._session, job, channel, self._recorder, self._measurement(job))
        finally:
            os._exit(0)

    def _measurement(self, job: Frame) -> Measurement:
        if job["data"] is None:
            return Measurement()
        return CoverageMeasurement(job["data"], self._setup["source"], self._setup["subprocesses"])

    def _switched(self, job: Frame, channel: Channel) -> bool:
        """Put the job's mutant in, if it has one; say why where that cannot be."""
        edit = job.get("edit")
        if edit is None:
            return True
        self._session.config.option.tbstyle = "line"
        try:
            if self._switch is None:
                raise SwitchError("this process indexed no functions")
            self._switch.on(edit)
        except SwitchError as error:
            channel.send("stopped", item=None, message=str(error))
            return False
        return True


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


def _own_output(config: Any, path: str) -> None:
    """Give this fork its own output and capture files; those of the zygote are shared by all forks."""
    manager = config.pluginmanager.getplugin("capturemanager")
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
