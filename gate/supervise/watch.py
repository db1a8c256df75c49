"""Look at a process and its descendants from outside: resident size, output, and the way to end them.

Sizes come from Linux's /proc; where there is none they read as 0 and `can_watch` says so.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from gate.worker.kernel import descendants

PAGE = os.sysconf("SC_PAGE_SIZE")
CLOCK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds that a process has `computed`, and was `queued`: ready while others had the processors."""

    computed: float = 0.0
    queued: float = 0.0


def can_watch() -> bool:
    """Say whether this platform shows a process's memory and open files."""
    return Path("/proc/self/statm").exists()


def resident_bytes(process: int, *, whole_tree: bool) -> int:
    """Resident size of a process, with all its descendants when `whole_tree`."""
    processes = [process, *descendants(process)] if whole_tree else [process]
    return sum(map(_resident, processes))


def processor_seconds(process: int) -> float:
    """Processor time that a process has used, user and system; its children's not."""
    return sum(_ticks(process)[:2]) / CLOCK


def usage(process: int, *, whole_tree: bool = False) -> Usage:
    """What a process has used, its ended children's processor time included.

    With `whole_tree` the living descendants have computed for it too, and it was queued for as long as the
    one of them that waited longest.
    """
    processes = [process, *descendants(process)] if whole_tree else [process]
    computed = sum(sum(_ticks(each)) for each in processes) / CLOCK
    return Usage(computed, max(map(_queued, processes)))


def output_bytes(process: int) -> int:
    """Size of the larger of the files that the process's standard output and error go to."""
    return max(_size(process, 1), _size(process, 2))


def end_tree(process: int) -> None:
    """Kill a process, its group and its descendants, wherever they have gone; never all processes."""
    if process <= 1:
        return
    lost = [process, *descendants(process)]
    end_group(process)
    for each in lost:
        _kill(each)


def end_group(process: int) -> None:
    """Kill what is left of the group that a process led.

    A worker says its own number. To the kernel 0 means this process's own group and 1 means everybody, so
    neither of them is signalled.
    """
    if process <= 1:
        return
    try:
        os.killpg(process, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def end_strays(others: frozenset[int]) -> None:
    """Kill every descendant of this process that is not among `others`, until none is left."""
    while strays := [each for each in descendants(os.getpid()) if each not in others]:
        for each in strays:
            _kill(each)
        for each in strays:
            _reap(each)
        time.sleep(0.005)


def _reap(process: int) -> None:
    try:
        os.waitpid(process, os.WNOHANG)
    except ChildProcessError:
        pass


def _kill(process: int) -> None:
    if process <= 1:
        return
    try:
        os.kill(process, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _ticks(process: int) -> tuple[int, ...]:
    """Processor time, in clock ticks: own in user and system mode, then that of children that have ended."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            # The second field is the name, which may hold anything.
            fields = file.read().rpartition(b")")[2].split()
        return tuple(map(int, fields[11:15]))
    except (OSError, ValueError):
        return ()


def _queued(process: int) -> float:
    """Seconds that the first thread was ready to run and did not; 0 where the kernel does not tell."""
    try:
        with open(f"/proc/{process}/schedstat", "rb") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def _resident(process: int) -> int:
    try:
        with open(f"/proc/{process}/statm", "rb") as file:
            return int(file.read().split()[1]) * PAGE
    except (OSError, IndexError, ValueError):
        return 0


def _size(process: int, descriptor: int) -> int:
    try:
        return os.stat(f"/proc/{process}/fd/{descriptor}").st_size
    except OSError:
        return 0
