"""Calls them."""

from .subject import Area


def test_square():
    assert Area.square(3)


def test_scaled():
    assert Area().scaled(3)
