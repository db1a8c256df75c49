"""An interrupt raised by a test would end pytest, and read as somebody's Ctrl-C."""

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    raise KeyboardInterrupt


def test_after():
    assert add(2, 2) == 4
