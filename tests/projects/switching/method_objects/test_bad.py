"""Calls them."""

from . import subject


def test_operator():
    assert 1 + subject.Amount(3)


def test_call():
    assert subject.Amount(3)(1)


def test_partial():
    assert subject.Amount(3).doubled()


def test_module_attribute():
    assert subject.anything
