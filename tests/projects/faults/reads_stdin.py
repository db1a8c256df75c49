"""A test that waits for somebody to type."""

import os

from lib.arithmetic import add


def test_fault():
    assert os.read(0, 1) == b""
    input("continue? ")


def test_red_after():
    assert add(2, 2) == 5


def test_after():
    assert add(2, 2) == 4
