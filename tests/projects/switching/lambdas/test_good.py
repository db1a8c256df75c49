"""Says what they return."""

from .subject import by_default, by_distance, double


def test_double():
    assert double(4) == 8


def test_by_default():
    assert by_default() == 3


def test_by_distance():
    assert by_distance([1, 5, 8], 6) == [5, 8, 1]
