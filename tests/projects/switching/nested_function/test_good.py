"""Says what the inner function contributes."""

from .subject import total


def test_total():
    assert total([1, 2]) == 18
