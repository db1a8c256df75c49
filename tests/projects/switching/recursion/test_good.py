"""Says how deep."""

from .subject import depth, down


def test_depth():
    assert depth([[[]], []]) == 2


def test_down():
    assert down(3) == "ground"
