"""Says what they hold and what they are called."""

from .subject import Pair, Point


def test_point():
    assert repr(Point(1, 2)) == "Point(x=1, y=2)"


def test_pair():
    assert Pair() == (1, 5)


def test_total():
    assert Pair(2, 3).total() == 5
