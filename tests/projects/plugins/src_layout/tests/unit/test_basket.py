"""Two test files of one name, which only import-mode=importlib allows without packages."""

import pytest
from shop import Basket


@pytest.mark.parametrize("price", [1, 2, 3])
def test_total(price):
    basket = Basket()
    basket.add(price)
    assert basket.total() == price


def test_refuses():
    with pytest.raises(ValueError):
        Basket().add(-1)
