"""Calls without the arguments."""

from .subject import Shelf, area, collect, greet, later


def test_greet():
    assert greet()


def test_collect():
    assert collect(2)


def test_area():
    assert area(2)


def test_size():
    assert Shelf().size()


def test_later():
    assert later()
