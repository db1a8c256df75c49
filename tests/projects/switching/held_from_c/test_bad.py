"""Uses them."""

from .subject import COPY, DOUBLES, KEY


def test_doubles():
    assert len(list(DOUBLES)) == 3


def test_key():
    assert len(sorted([2, 3, 1], key=KEY)) == 3


def test_copy():
    assert COPY(1)
