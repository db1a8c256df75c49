"""A module whose name is put together at run time: no import statement names it."""

LIMIT = 10


def allows(number):
    return number < LIMIT
