"""Says what they make."""

from .subject import COPY, DOUBLES, KEY


def test_doubles():
    assert list(DOUBLES) == [2, 4, 6]


def test_key():
    assert sorted([2, 3, 1], key=KEY) == [1, 2, 3]


def test_copy():
    assert COPY(1) == 6
