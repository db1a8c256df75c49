"""Says that there is a limit."""

from .subject import NAMES, allows


def test_limit():
    assert allows(3)


def test_names():
    assert NAMES
