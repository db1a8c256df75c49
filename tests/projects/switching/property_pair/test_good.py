"""Says what is set and what is got."""

from .subject import Temperature


def test_get():
    temperature = Temperature()
    assert temperature.fahrenheit == 30
    temperature._celsius = 10
    assert temperature.fahrenheit == 50


def test_set():
    temperature = Temperature()
    temperature.fahrenheit = 40
    assert temperature._celsius == 50
