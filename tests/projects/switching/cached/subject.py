"""Functions behind caches that are written in C."""

from functools import cache, cached_property, lru_cache


@lru_cache(maxsize=None)
def area(side):
    return side * side


@cache
def volume(side):
    return area(side) + side


class Square:
    side = 3

    @cached_property
    def border(self):
        return self.side * 4
