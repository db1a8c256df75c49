"""Says what its own copy returns, and that of another module."""

from .other import moved
from .subject import scale


def test_scale():
    assert scale(2) == 6


def test_moved():
    assert moved(1) == 11
