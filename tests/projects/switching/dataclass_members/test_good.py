"""Says what a box is by default."""

from .subject import Box


def test_box():
    box = Box()
    assert (box.width, box.height, box.labels, box.area) == (2, 3, ["new"], 6)


def test_doubled():
    assert Box(3, 4).doubled() == 24


def test_labels():
    assert Box(3, 4, []).labels == []
