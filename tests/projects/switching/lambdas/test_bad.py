"""Calls them."""

from .subject import by_default, by_distance, double


def test_double():
    assert double(4) != 0


def test_by_default():
    assert by_default() != 0


def test_by_distance():
    assert by_distance([1, 5, 8], 6)
