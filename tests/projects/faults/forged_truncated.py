"""The first half of a frame, and then the end of the process."""

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
    os.write(channel(), b"\x01\x00\x00\x10\x00{")
    os._exit(0)


def test_after():
    assert add(2, 2) == 4
