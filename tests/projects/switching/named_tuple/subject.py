"""Tuples with names: the class is made by a call or by a metaclass."""

from collections import namedtuple
from typing import NamedTuple

Point = namedtuple("Point", "x y")


class Pair(NamedTuple):
    left: int = 1
    right: int = 5

    def total(self):
        return self.left + self.right
