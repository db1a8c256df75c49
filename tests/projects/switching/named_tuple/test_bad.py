"""Makes them."""

from .subject import Pair, Point


def test_point():
    assert len(Point(1, 2)) == 2


def test_pair():
    assert len(Pair()) == 2


def test_total():
    assert Pair(2, 3).total() is not None
