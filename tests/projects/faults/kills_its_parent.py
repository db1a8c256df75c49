"""A test that kills the process it was forked from, and with it every other fork."""

import os
import signal
import time

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(3600)


def test_after():
    assert add(2, 2) == 4
