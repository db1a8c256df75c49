"""Asks for what is in the cache since the import, and for what is not."""

from .subject import area


def test_kept():
    assert area(3) == 7


def test_new():
    assert area(4) > 0
