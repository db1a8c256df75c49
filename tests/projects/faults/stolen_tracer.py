"""A test that takes the tracer away, as debuggers do; what runs then is not seen."""

import sys

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    sys.settrace(None)
    assert add(3, 3) == 6


def test_after():
    assert add(2, 2) == 4
