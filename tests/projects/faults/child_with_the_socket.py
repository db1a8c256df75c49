"""A forked child that keeps every descriptor of its worker open, the judge's socket too."""

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
