"""Says what both bodies make, and whose name the wrapper bears."""

from .subject import triple


def test_triple():
    assert triple(2) == 106


def test_name():
    assert triple.__name__ == "triple"
