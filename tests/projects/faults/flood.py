"""Output without an end: kept, it fills the disk."""

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    while True:
        print("x" * 10_000)


def test_after():
    assert add(2, 2) == 4
