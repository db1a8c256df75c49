"""Bytes that are no frame, written to the judge's socket by a test."""

import os
import stat

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
    os.write(channel(), b"GET / HTTP/1.1\r\n\r\n" * 20)


def test_after():
    assert add(2, 2) == 4
