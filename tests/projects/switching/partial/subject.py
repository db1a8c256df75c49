"""A partial that was made at import and holds the function."""

from functools import partial


def power(base, exponent):
    return base**exponent


square = partial(power, exponent=2)
