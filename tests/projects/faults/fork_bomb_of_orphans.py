"""Orphans that go on forking while they are being killed."""

import os
import time

from lib.arithmetic import add


def test_fault():
    if os.fork() == 0:
        os.setsid()
        for _ in range(200):
            if os.fork() == 0:
                time.sleep(0.02)
            else:
                os._exit(0)
        time.sleep(3600)
    os.wait()


def test_red_after():
    assert add(2, 2) == 5


def test_after():
    assert add(2, 2) == 4
