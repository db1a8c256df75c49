"""A test that sends SIGKILL to its process group, itself included."""

import os
import signal

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    os.killpg(0, signal.SIGKILL)


def test_after():
    assert add(2, 2) == 4
