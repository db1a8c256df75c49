"""Says what is returned."""

from .subject import first, Été


def test_find():
    assert Été().find(2) == 6


def test_first():
    assert first() == "ññ"
