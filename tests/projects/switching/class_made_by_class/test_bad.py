"""Says that the made classes carry something."""

from .subject import Reader, Writer


def test_label():
    assert Reader.label


def test_size():
    assert Writer.size
