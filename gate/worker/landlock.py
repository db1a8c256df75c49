"""Take from this process and its children the right to write in some folders (Linux 5.13: Landlock).

Landlock only grants, so everything beside the folders and the path to them is granted. It needs no rights.
Constants are those of linux/landlock.h.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterable, Iterator, Sequence
from stat import S_ISDIR

from .kept import ctypes, os

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVS = 38
_WRITE_FILE = 1 << 1
# Remove and make entries of every kind, move them between folders (ABI 2), truncate (ABI 3).
_ENTRIES = sum(1 << bit for bit in range(4, 13))
_REFER, _TRUNCATE = 1 << 13, 1 << 14
# Of a move or a link between two folders Landlock says that they are of different devices.
_REFUSED = (errno.EACCES, errno.EPERM, errno.EXDEV)
_DEEPEST = 20
_FOR_FILES = _WRITE_FILE | _TRUNCATE


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def abi() -> int:
    """Give the version of Landlock that this kernel has; 0 without it."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, int(_syscall(_CREATE, None, 0, _VERSION)))


def forbid_writes(folders: Sequence[str], except_for: Sequence[str] = ()) -> bool:
    """Forbid changes in `folders` for good, but not in those of `except_for`; False where it cannot be."""
    version = abi()
    if version < 1 or not folders:
        return False
    rights = _WRITE_FILE | _ENTRIES
    rights |= (_REFER if version > 1 else 0) | (_TRUNCATE if version > 2 else 0)
    handled = ctypes.c_uint64(rights)
    ruleset = int(_syscall(_CREATE, ctypes.byref(handled), 8, 0))
    if ruleset < 0:
        return False
    try:
        closed = {os.path.realpath(folder) for folder in folders}
        for path in (*_beside(closed), *except_for):
            _grant(ruleset, path, rights)
        # What gains rights by being started (sudo) would leave the rules behind.
        _libc().prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
        return int(_syscall(_RESTRICT, ruleset, 0)) == 0
    finally:
        os.close(ruleset)


def was_refused(error: BaseException | None) -> str | None:
    """Give the path that an exception, or what it was raised from, was not let write; None for any other.

    It is absolute, and empty where the exception names none. An exception that the project made itself has no
    number of the system's.
    """
    for _ in range(_DEEPEST):
        if error is None:
            return None
        if isinstance(error, OSError) and error.errno in _REFUSED:
            name = error.filename
            return os.path.abspath(os.fsdecode(name)) if isinstance(name, (str, bytes)) else ""
        error = error.__cause__ or error.__context__
    return None


def _beside(closed: Iterable[str]) -> Iterator[str]:
    """Yield what stands beside the way from / to each of the folders."""
    closed = set(closed)
    ways = {"/"}
    for folder in closed:
        parts = folder.split("/")
        ways |= {"/".join(parts[:end]) or "/" for end in range(1, len(parts))}
    for way in sorted(ways - closed):
        if any(way == each or way.startswith(each.rstrip("/") + "/") for each in closed):
            continue
        for entry in _entries(way):
            path = os.path.join(way, entry)
            # What a link points to has its own place, which may be within one of the folders.
            if path not in ways and path not in closed and not os.path.islink(path):
                yield path


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _grant(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        folder = S_ISDIR(os.fstat(descriptor).st_mode)
        rule = _Beneath(rights if folder else rights & _FOR_FILES, descriptor)
        _syscall(_ADD, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _syscall(number: int, *arguments: object) -> int:
    syscall = _libc().syscall
    syscall.restype = ctypes.c_long
    return int(syscall(ctypes.c_long(number), *arguments))
