"""Says what comes through the caches."""

from .subject import Square, area, volume


def test_area():
    assert area(3) == 9


def test_volume():
    assert volume(4) == 20


def test_border():
    assert Square().border == 12
