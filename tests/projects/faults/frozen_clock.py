"""Clocks that stand still, as freezing libraries leave them: nobody inside can tell that time is up."""

import time

from lib.arithmetic import add

time.time = time.monotonic = time.perf_counter = lambda: 1.0
time.sleep = lambda seconds: None


def test_before():
    assert add(1, 1) == 2


def test_fault():
    end = time.monotonic() + 0.1
    while time.monotonic() < end:
        pass


def test_after():
    assert add(2, 2) == 4
