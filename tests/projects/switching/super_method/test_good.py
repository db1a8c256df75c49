"""Says what both methods make together."""

from .subject import Discounted


def test_price():
    assert Discounted().price(2) == 7
