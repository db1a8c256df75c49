"""Says what functions return that were made before the test, and in it."""

from .subject import chooser, counter

VALUE = counter(4)
CHOOSE = chooser(2)


def test_made_before():
    assert VALUE() == 4


def test_made_here():
    assert counter(5)() == 5


def test_chosen():
    assert [CHOOSE(0), CHOOSE(1)] == [0, 3]
