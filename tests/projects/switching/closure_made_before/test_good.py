"""Holds a closure made at collection; says what it returns."""

from .subject import adder

ADD_TWO = adder(2)


def test_adds():
    assert ADD_TWO(3) == 5
