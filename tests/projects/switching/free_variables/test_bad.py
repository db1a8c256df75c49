"""Calls functions that were made before the test, and in it."""

from .subject import chooser, counter

VALUE = counter(4)
CHOOSE = chooser(2)


def test_made_before():
    VALUE()
    assert counter(5) is not VALUE


def test_made_here():
    counter(5)()
    assert counter(5) is not VALUE


def test_chosen():
    assert [CHOOSE(0), CHOOSE(1)] != [1, 1]
