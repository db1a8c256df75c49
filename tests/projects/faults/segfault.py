"""A read of address zero: the kernel ends the process."""

import ctypes

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    ctypes.string_at(0)


def test_after():
    assert add(2, 2) == 4
