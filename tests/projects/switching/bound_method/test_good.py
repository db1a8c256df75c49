"""Says what the held method returns."""

from .subject import BUTTON


def test_press():
    assert BUTTON.on_press(2) == 3
