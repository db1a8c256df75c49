"""Runs what is behind the caches."""

from .subject import Square, area, volume


def test_area():
    assert area(3)


def test_volume():
    assert volume(4)


def test_border():
    assert Square().border
