"""Calls it where the change is not seen, and says what the import made."""

from .subject import TABLE, scale


def test_zero():
    assert scale(0) == 0


def test_table():
    assert TABLE == [3, 6]
