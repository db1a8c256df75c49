"""Calls it where the change is not seen."""

from .subject import TABLE, scale


def test_zero():
    assert scale(0) == 0


def test_table():
    assert len(TABLE) == 2
