"""Goes down."""

from .subject import depth, down


def test_depth():
    assert depth([[[]], []]) is not None


def test_down():
    assert down(3)
