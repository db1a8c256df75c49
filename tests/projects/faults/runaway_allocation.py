"""Memory without an end: left alone, it takes the machine down."""

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    blocks = []
    while True:
        blocks.append(bytearray(10_000_000))


def test_after():
    assert add(2, 2) == 4
