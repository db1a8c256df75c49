"""Methods under other names, behind descriptors, and as operators."""

from functools import partialmethod


class Amount:
    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        return self.value + other

    __radd__ = __add__

    def __call__(self, number):
        return self.value - number

    def scaled(self, factor):
        return self.value * factor

    doubled = partialmethod(scaled, 2)


def __getattr__(name):
    return name.upper()
