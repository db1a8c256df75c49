"""The worker dies, and a child of it keeps the judge's socket open."""

import os
import time

from lib.arithmetic import add


def test_fault():
    if os.fork() == 0:
        time.sleep(3600)
    os._exit(0)


def test_red_after():
    assert add(2, 2) == 5


def test_after():
    assert add(2, 2) == 4
