"""A loop without an end: the commonest way in which a suite hangs."""

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    while True:
        pass


def test_after():
    assert add(2, 2) == 4
