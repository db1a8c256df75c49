"""A test that is quick, and computes past its limit where a tracer watches it."""

import sys
import time

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    end = time.process_time() + (3 if sys.gettrace() else 0.4)
    while time.process_time() < end:
        pass
    assert add(2, 1) == 3


def test_after():
    assert add(2, 2) == 4
