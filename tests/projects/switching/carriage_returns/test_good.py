"""Says what is returned."""

from .lone import STEP, third
from .subject import first, second


def test_first():
    assert first(1) == 2


def test_second():
    assert second(4) == 2


def test_third():
    assert third(1) == 4


def test_step():
    assert STEP == 4
