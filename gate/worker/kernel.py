"""What Linux offers a process that must not outlive its supervisor; elsewhere each call is a no-op."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGKILL when `parent` (a process id) ends; leave at once if it has."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def be_the_first_to_go() -> None:
    """Tell the kernel's out-of-memory killer to prefer this process over the judge."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
    except OSError:
        pass


def descendants(root: int) -> Iterator[int]:
    """Yield the living descendants of a process id, parents before children; none without /proc."""
    children: dict[int, list[int]] = {}
    for entry in _processes():
        parent = parent_of(entry)
        if parent is not None:
            children.setdefault(parent, []).append(entry)
    waiting = list(children.get(root, ()))
    while waiting:
        process = waiting.pop(0)
        yield process
        waiting += children.get(process, ())


def _processes() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def parent_of(process: int) -> int | None:
    """Read the parent's process id; None when the process is gone."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            # The command's name stands in parentheses and may hold anything, parentheses too.
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def native_threads() -> int:
    """Count the threads of this process that the kernel knows; 1 where it cannot be asked."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


def _prctl(option: int, value: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
