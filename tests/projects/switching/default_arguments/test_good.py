"""Says what is returned without the arguments."""

from .subject import Shelf, area, collect, greet, later


def test_greet():
    assert greet() == "annann"


def test_collect():
    assert collect(2) == [1, 2]


def test_area():
    assert area(2) == 6


def test_size():
    assert Shelf().size() == 4


def test_later():
    assert later() == 6
