"""Calls by name."""

from .subject import first, Été


def test_find():
    assert Été().find(2)


def test_first():
    assert first()
