"""Says that none returns the empty value."""

from .subject import describe


def test_number():
    assert describe(1) is not None


def test_text():
    assert describe("a")
