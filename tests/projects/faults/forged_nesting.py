"""A frame of brackets inside brackets, deep enough to exhaust a parser."""

import os
import stat
import struct

from lib.arithmetic import add


def channel():
    """The worker's own socket to the judge: the only one that is open."""
    for name in os.listdir("/proc/self/fd"):
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                return int(name)
        except OSError:
            continue
    raise AssertionError("there is no socket to write to")


def test_before():
    assert add(1, 1) == 2


def test_fault():
    body = b"[" * 100_000
    os.write(channel(), struct.pack(">BI", 1, len(body)) + body)
    os._exit(0)


def test_after():
    assert add(2, 2) == 4
