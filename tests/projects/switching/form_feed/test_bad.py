"""Calls what is below the form feeds."""

from .subject import first, second


def test_first():
    assert first(1) is not None


def test_second():
    assert second(2) is not None
