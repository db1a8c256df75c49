"""A test that says the whole share is over, before it fails."""

import json
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


def frame(**fields):
    body = json.dumps(fields).encode()
    return struct.pack(">BI", 1, len(body)) + body


def test_fault():
    os.write(channel(), frame(kind="end", status=0, raised=""))
    assert False


def test_after():
    assert add(2, 2) == 4
