"""Says what the text is."""

from .subject import label, size


def test_label():
    assert label("tè") == "è tè così"


def test_size():
    assert size("tè") == 4
