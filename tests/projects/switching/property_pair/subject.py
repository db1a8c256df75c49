"""A property with getter and setter: two functions of one name behind one descriptor."""


class Temperature:
    def __init__(self):
        self._celsius = 0

    @property
    def fahrenheit(self):
        return self._celsius * 2 + 30

    @fahrenheit.setter
    def fahrenheit(self, value):
        self._celsius = (value - 30) * 5
