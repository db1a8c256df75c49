"""The two loops below a zygote: it forks lanes, and each lane forks one child after the other.

A lane owns what forks would otherwise share or make anew: its socket, its output, its capture files. No
threads, no signal handlers: tests find the process as pytest alone would leave it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import kernel
from .kept import faulthandler, gc, os, shutil, socket, traceback
from .landlock import forbid_writes
from .messages import Channel, Frame
from .network import leave
from .options import part_basetemp

# Does a job; whether the process then goes on to the end of its session.
Work = Callable[[Frame, Channel], bool]


@dataclass(frozen=True)
class Guard:
    """What guarded workers may not write in, what they may within that, and why they keep the network.

    Without a reason they do not. Below `rooms` each has a home and a temporary folder of its own.
    """

    closed: list[str]
    open: list[str]
    network: str
    rooms: str

    def up(self) -> dict[str, str]:
        """Guard this process and all below it, for good; gives a reason for what does not hold."""
        kept = self.network or leave()
        forbidden = forbid_writes(self.closed, self.open)
        missing = {"writes": "" if forbidden else "this system has no Landlock", "network": kept}
        if kernel.native_threads() > 1:
            # It holds for this thread and those that it starts.
            late = "its process had threads before"
            missing = {measure: why or late for measure, why in missing.items()}
        return missing

    def move_in(self, config: Any) -> None:
        """Give this process an empty home, temporary folder and pytest cache: no other test was here."""
        for variable, name in (("HOME", "home"), ("TMPDIR", "tmp")):
            os.environ[variable] = folder = os.path.join(self._room(os.getpid()), name)
            os.makedirs(folder, 0o700)
        # What is kept of this module could not tell the others.
        sys.modules["tempfile"].tempdir = None  # type: ignore[attr-defined]
        cache = getattr(config, "cache", None)
        if cache is not None:
            cache._cachedir = Path(folder, "cache")

    def clear(self, process: int) -> None:
        """Remove what a process has left there."""
        shutil.rmtree(self._room(process), ignore_errors=True)

    def _room(self, process: int) -> str:
        return os.path.join(self.rooms, str(process))


def serve(
    control: Channel, config: Any, guard: Guard, work: Work, tell: Callable[[Frame], None]
) -> Channel | None:
    """Open lanes until the judge closes; a job that comes here itself is done here and is the last.

    `config` is pytest's, or None before there is one. `tell` hears every other frame. Returns None, or in a
    process that has run its tests and is to end its session as pytest does, the channel to tell of that.
    """
    gc.freeze()
    gc.enable()
    while True:
        frame = control.receive()
        _reap()
        if frame is None:
            return None
        if frame["kind"] == "lane":
            own, child = control.descriptors.pop(0), control.descriptors.pop(0)
            if os.fork() == 0:
                control.sock.close()
                guarding = guard if frame["guarded"] else None
                return _lane(own, child, config, frame["output"], work, guarding)
            os.close(own)
            os.close(child)
        elif frame["kind"] == "run":
            own_output(config, frame["output"])
            missing = None
            if frame["guarded"]:
                missing = guard.up()
                guard.move_in(config)
            part_basetemp(config)
            return _do(frame, control, work, missing)
        else:
            tell(frame)


def _lane(
    own: int, child: int, config: Any, output: str, work: Work, guard: Guard | None
) -> Channel:
    """Fork a child for each job and tell of its end, until the judge closes.

    The lane's socket is its own, so that no child can speak for it; `child` is that of the children.
    Returns in a child alone: one whose session is to end as pytest ends it.
    """
    ending: Channel | None = None
    try:
        zygote = os.getppid()
        os.setsid()
        kernel.die_with_parent(zygote)
        own_output(config, output)
        missing = None if guard is None else guard.up()
        captured = [capture.tmpfile.fileno() for capture in _captures(config)]
        channel, frames = (Channel(socket.socket(fileno=each)) for each in (own, child))
        channel.send("open", pid=os.getpid())
        lane = os.getpid()
        while (job := channel.receive()) is not None:
            process = os.fork()
            if process == 0:
                channel.sock.close()
                os.setsid()
                kernel.die_with_parent(lane)
                _empty(captured)
                if guard is not None:
                    guard.move_in(config)
                part_basetemp(config)
                ending = _do(job, Channel(frames.sock), work, missing)
                break
            _, status = os.waitpid(process, 0)
            if guard is not None:
                guard.clear(process)
            channel.send("exited", status=os.waitstatus_to_exitcode(status))
    finally:
        if ending is None:
            os._exit(0)
    return ending


def _do(job: Frame, channel: Channel, work: Work, missing: dict[str, str] | None) -> Channel:
    """Do one job to its end, and leave without a trace of pytest's own endings, unless these are asked for.

    `missing` is what a guard lacks, None for a worker without one.
    """
    status, goes_on = 1, False
    try:
        channel.send("start", pid=os.getpid(), missing=missing)
        goes_on = work(job, channel)
        status = 0
    except BaseException:  # noqa: BLE001 - nothing of a worker may come back to the loop above
        # The judge shows the end of the output.
        traceback.print_exc(file=sys.__stderr__)
    if not goes_on:
        os._exit(status)
    return channel


def own_output(config: Any, path: str) -> None:
    """Give this process its own output and capture files; those of the zygote are shared by all forks.

    The files are exchanged below pytest's objects, which tests may hold since they were collected.
    """
    manager = config and config.pluginmanager.getplugin("capturemanager")
    if manager:
        manager.suspend_global_capture(in_=False)
    output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if faulthandler.is_enabled():
        # It stays open: during a test 2 is pytest's capture file, which nobody reads after a crash.
        faulthandler.enable(output)
    for capture in _captures(config):
        own = os.open(f"{path}.captured", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.unlink(f"{path}.captured")
        os.dup2(own, capture.tmpfile.fileno(), inheritable=False)
        os.close(own)
        os.dup2(output, capture.targetfd_save, inheritable=False)


def _captures(config: Any) -> list[Any]:
    """Pytest's own captures of the descriptors 1 and 2, where it captures these."""
    manager = config and config.pluginmanager.getplugin("capturemanager")
    both = getattr(manager, "_global_capturing", None)
    captures = [getattr(both, name, None) for name in ("out", "err")]
    return [capture for capture in captures if hasattr(capture, "targetfd_save")]


def _empty(captured: list[int]) -> None:
    """Forget what the child before wrote, which may have been killed while writing."""
    os.ftruncate(1, 0)
    for descriptor in captured:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)


def _reap() -> None:
    """Take leave of lanes that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
