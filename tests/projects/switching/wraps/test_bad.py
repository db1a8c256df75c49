"""Runs both bodies."""

from .subject import triple


def test_triple():
    assert triple(2)


def test_name():
    assert triple.__name__
