"""Counts what is yielded."""

from .subject import doubles


def test_doubles():
    assert len(list(doubles(3))) == 3
