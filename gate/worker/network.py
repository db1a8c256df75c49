"""Leave the network for good, with a loopback of one's own (Linux: network namespaces).

Root needs no more than that; others make a user namespace first, in which they are still themselves.
Sockets in the file system stay as they are. Constants are those of sched.h and linux/sockios.h.
"""

from __future__ import annotations

import errno
import sys
from struct import Struct

from .kept import ctypes, fcntl, os, socket

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1
_FLAGS = Struct("16sh14x")
_UNREACHABLE = (errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH)
_DEEPEST = 20


def why_not() -> str:
    """Say why this process cannot leave the network, tried in a fork; empty when it can."""
    if not sys.platform.startswith("linux"):
        return f"{sys.platform} has no network namespaces"
    readable, writable = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.write(writable, (leave() or "can").encode())
        finally:
            os._exit(0)
    os.close(writable)
    with os.fdopen(readable, "rb") as answer:
        said = answer.read().decode() or "the try ended badly"
    os.waitpid(process, 0)
    return "" if said == "can" else said


def leave() -> str:
    """Leave the network; gives the reason where that is refused. Needs a process of one thread."""
    user, group = os.geteuid(), os.getegid()
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    try:
        if unshare(_NEW_NETWORK) != 0:
            if unshare(_NEW_USER | _NEW_NETWORK) != 0:
                return f"refused by this system ({os.strerror(ctypes.get_errno())})"
            _write("setgroups", "deny")
            _write("uid_map", f"{user} {user} 1")
            _write("gid_map", f"{group} {group} 1")
        _raise_loopback()
    except (OSError, AttributeError) as error:
        return f"refused by this system ({error})"
    return ""


def was_missed(error: BaseException | None) -> bool:
    """Say whether an exception, or what it was raised from, tells that there is no network."""
    for _ in range(_DEEPEST):
        if error is None:
            return False
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
            return True
        if isinstance(error, OSError) and error.errno in _UNREACHABLE:
            return True
        error = error.__cause__ or error.__context__
    return False


def _write(name: str, text: str) -> None:
    file = os.open(f"/proc/self/{name}", os.O_WRONLY)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        asked = fcntl.ioctl(sock, _GET_FLAGS, _FLAGS.pack(b"lo", 0))
        flags = _FLAGS.unpack(asked)[1]
        fcntl.ioctl(sock, _SET_FLAGS, _FLAGS.pack(b"lo", flags | _UP))
