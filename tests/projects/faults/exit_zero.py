"""A process that leaves with the status of success in the middle of a test."""

import os

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    os._exit(0)


def test_after():
    assert add(2, 2) == 4
