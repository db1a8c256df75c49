"""Says what is left."""

from .subject import Account


def test_pay():
    assert Account().pay(2) == 2
