"""Says what each implementation returns."""

from .subject import describe


def test_number():
    assert describe(1) == 2


def test_text():
    assert describe("a") == "aa"
