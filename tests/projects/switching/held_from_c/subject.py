"""Functions that only C code holds: an iterator, a sort key, a copy with the same code."""

from functools import cmp_to_key
from types import FunctionType


def double(number):
    return number * 2


def compare(left, right):
    return left - right


def shifted(number):
    return number + 5


DOUBLES = map(double, (1, 2, 3))
KEY = cmp_to_key(compare)
COPY = FunctionType(shifted.__code__, globals())
del double, compare, shifted
