"""Calls the held method."""

from .subject import BUTTON


def test_press():
    assert BUTTON.on_press(2) is not None
