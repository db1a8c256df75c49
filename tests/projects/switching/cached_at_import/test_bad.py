"""Runs both and says only that something came out."""

from .subject import area


def test_kept():
    assert area(3) is not None


def test_new():
    assert area(4) > 0
