"""Says what type is left."""

from .subject import Account


def test_pay():
    assert isinstance(Account().pay(2), int)
