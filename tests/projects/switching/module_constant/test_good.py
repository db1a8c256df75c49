"""Says where the limit is."""

from .subject import NAMES, allows


def test_limit():
    assert [allows(number) for number in (9, 10)] == [True, False]


def test_names():
    assert NAMES == {"one": 1}
