"""Runs its own copy and that of another module."""

from .other import moved
from .subject import scale


def test_scale():
    assert scale(2)


def test_moved():
    assert moved(1)
