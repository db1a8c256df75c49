"""Sets and gets."""

from .subject import Temperature


def test_get():
    temperature = Temperature()
    assert temperature.fahrenheit > 0


def test_set():
    temperature = Temperature()
    temperature.fahrenheit = 40
    assert temperature._celsius != 0
