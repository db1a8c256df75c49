"""Says what they return."""

from . import subject


def test_operator():
    assert 1 + subject.Amount(3) == 4


def test_call():
    assert subject.Amount(3)(1) == 2


def test_partial():
    assert subject.Amount(3).doubled() == 6


def test_module_attribute():
    assert subject.anything == "ANYTHING"
