"""Says what the members are."""

from .subject import Color, Level


def test_values():
    assert [(color.name, color.value) for color in Color] == [("RED", 1), ("GREEN", 3)]


def test_next():
    assert Color.RED.next() is Color.GREEN


def test_level():
    assert Level.LOW + 1 == 6
