"""Runs each case."""

from .subject import kind


def test_kind():
    assert len([kind(value) for value in (0, [4, 5], 7)]) == 3
