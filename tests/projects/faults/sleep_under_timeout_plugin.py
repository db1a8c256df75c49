"""A test that sleeps far past the limit that the project itself sets with pytest-timeout."""

import time

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    time.sleep(3600)


def test_after():
    assert add(2, 2) == 4
