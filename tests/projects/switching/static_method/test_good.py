"""Says what they return."""

from .subject import Area


def test_square():
    assert Area.square(3) == 9


def test_scaled():
    assert Area().scaled(3) == 11
