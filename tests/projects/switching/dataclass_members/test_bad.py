"""Makes boxes."""

from .subject import Box


def test_box():
    box = Box()
    assert box.area and box.labels


def test_doubled():
    assert Box(3, 4).doubled()
