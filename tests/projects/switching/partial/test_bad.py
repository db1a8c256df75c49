"""Runs the partial."""

from .subject import square


def test_square():
    assert square(3) > 0
