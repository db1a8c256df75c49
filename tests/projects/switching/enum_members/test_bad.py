"""Says that there are members."""

from .subject import Color, Level


def test_values():
    assert len(Color) == 2


def test_level():
    assert Level.LOW
