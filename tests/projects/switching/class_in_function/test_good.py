"""Says what the method returns, of a class made before the test and of one made in it."""

from .subject import make

BOX = make(5)


def test_made_before():
    assert BOX().size(3) == 10


def test_made_here():
    assert make(0)().size(3) == 5
