"""A test that is quick, and never ends where a tracer watches it."""

import sys

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    while sys.gettrace():
        pass
    assert add(2, 1) == 3


def test_after():
    assert add(2, 2) == 4
