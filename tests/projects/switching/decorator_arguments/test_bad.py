"""Runs the decorated function."""

from .subject import one_more


def test_one_more():
    assert one_more(3)
