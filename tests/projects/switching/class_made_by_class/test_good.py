"""Says what the made classes carry."""

from .subject import Reader, Writer


def test_label():
    assert Reader.label == "reader"


def test_size():
    assert Writer.size == 7
