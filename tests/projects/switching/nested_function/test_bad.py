"""Runs the inner function and says only that something came out."""

from .subject import total


def test_total():
    assert total([1, 2]) > 0
