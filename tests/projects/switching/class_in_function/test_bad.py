"""Calls the method."""

from .subject import make

BOX = make(5)


def test_made_before():
    assert BOX().size(3)


def test_made_here():
    assert make(0)().size(3)
