"""A cache that is filled at import: what it holds is older than any switch."""

from functools import cache


@cache
def area(side):
    return side * 2 + 1


SMALL = area(3)
