"""Runs both methods."""

from .subject import Discounted


def test_price():
    assert Discounted().price(2) is not None
