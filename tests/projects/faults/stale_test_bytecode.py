"""A test that fails, beside a cached bytecode file of the same age and size in which it passes."""

from lib.arithmetic import add


def test_red():
    assert add(1, 1) == 3
