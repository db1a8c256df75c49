"""Makes the text."""

from .subject import label, size


def test_label():
    assert label("tè")


def test_size():
    assert size("tè")
