"""Functions of one name in a dispatch table."""

from functools import singledispatch


@singledispatch
def describe(value):
    return value


@describe.register
def _(value: int):
    return value + 1


@describe.register
def _(value: str):
    return value * 2
