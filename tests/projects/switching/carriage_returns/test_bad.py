"""Calls them."""

from .lone import STEP, third
from .subject import first, second


def test_first():
    assert first(1) is not None


def test_second():
    assert second(4) is not None


def test_third():
    assert third(1)


def test_step():
    assert STEP
