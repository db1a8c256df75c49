"""Says what the partial returns."""

from .subject import square


def test_square():
    assert square(3) == 9
