"""Default values: made at import, kept on the function, used by every call."""

from functools import cache


def greet(name="ann", *, times=2):
    return name * times


def collect(item, into=[1]):
    return [*into, item]


@cache
def area(width, height=3):
    return width * height


class Shelf:
    def size(self, boards=4):
        return boards


def later():
    def inner(number=6):
        return number

    return inner()
