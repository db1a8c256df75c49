"""Here to be good at discounts and baskets, and bad at shipping."""

from lib.prices import Basket, discounted, shipping


def test_discount():
    assert [discounted(200, percent) for percent in (10, 50, 60)] == [180, 100, 100]


def test_shipping():
    assert shipping(3) > 0


def test_basket():
    basket = Basket()
    basket.add(5)
    basket.add(7)
    assert basket.total() == 16
