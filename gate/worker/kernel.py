"""What Linux offers a process that must not outlive its supervisor; elsewhere each call is a no-op.

Also loaded by file, outside its package, so it keeps the standard library's functions by itself (`kept.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from ctypes import CDLL, c_int, c_size_t, c_void_p
from functools import cache
from os import _exit, getppid, listdir
from resource import RLIM_INFINITY, RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_NOFILE, getrlimit, setrlimit
from signal import SIGKILL

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
# Far above what tests need, and far below what fills a disk or a table of the kernel.
MOST_FILES = 65_536
LARGEST_FILE = 16 << 30
MADV_COLLAPSE = 25
_open = open
HUGE = 2 << 20


def die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGKILL when `parent` (a process id) ends; leave at once if it has."""
    _prctl(PR_SET_PDEATHSIG, SIGKILL)
    if getppid() != parent:
        _exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def gain_no_privileges() -> bool:
    """Keep this process and all below it from gaining rights by what they start; False where it cannot be."""
    return _prctl(PR_SET_NO_NEW_PRIVS, 1)


def limit_resources() -> bool:
    """Allow no core dump, and bound open files and file sizes; False where that is refused."""
    try:
        setrlimit(RLIMIT_CORE, (0, 0))
        for kind, most in (
            (RLIMIT_NOFILE, MOST_FILES),
            (RLIMIT_FSIZE, LARGEST_FILE),
        ):
            soft, hard = getrlimit(kind)
            if soft == RLIM_INFINITY or soft > most:
                setrlimit(kind, (most, hard))
    except (OSError, ValueError):
        return False
    return True


def be_the_first_to_go() -> None:
    """Tell the kernel's out-of-memory killer to prefer this process over the judge."""
    try:
        with _open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
    except OSError:
        pass


def make_pages_huge() -> None:
    """Ask the kernel to keep this process's anonymous memory in huge pages (MADV_COLLAPSE, Linux 6.1).

    A fork copies one entry for each page: with pages of 2 MiB that is a fraction of the work. Where the
    kernel cannot, everything stays as it is.
    """
    if not sys.platform.startswith("linux"):
        return
    madvise = _libc().madvise
    madvise.argtypes = [c_void_p, c_size_t, c_int]
    for start, end in _anonymous_ranges():
        for address in range(-(-start // HUGE) * HUGE, end // HUGE * HUGE, HUGE):
            madvise(address, HUGE, MADV_COLLAPSE)


def _anonymous_ranges() -> Iterator[tuple[int, int]]:
    try:
        with _open("/proc/self/maps", encoding="ascii", errors="replace") as file:
            lines = file.readlines()
    except OSError:
        return
    for line in lines:
        fields = line.split()
        if fields[1] == "rw-p" and (len(fields) == 5 or fields[5] == "[heap]"):
            start, _, end = fields[0].partition("-")
            yield int(start, 16), int(end, 16)


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
        return [int(name) for name in listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def parent_of(process: int) -> int | None:
    """Read the parent's process id; None when the process is gone."""
    try:
        with _open(f"/proc/{process}/stat", "rb") as file:
            # The command's name stands in parentheses and may hold anything, parentheses too.
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def native_threads() -> int:
    """Count the threads of this process that the kernel knows; 1 where it cannot be asked."""
    try:
        return len(listdir("/proc/self/task"))
    except OSError:
        return 1


def _prctl(option: int, value: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    return int(_libc().prctl(option, value, 0, 0, 0)) == 0


@cache
def _libc() -> CDLL:
    return CDLL(None, use_errno=True)
