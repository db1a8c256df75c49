"""Says what is returned below the form feeds."""

from .subject import first, second


def test_first():
    assert first(1) == 2


def test_second():
    assert second(2) == "one\x0ctwo4"
