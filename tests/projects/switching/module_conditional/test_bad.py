"""Says that something was chosen."""

from .subject import LEVEL, NAME


def test_level():
    assert LEVEL


def test_name():
    assert NAME
