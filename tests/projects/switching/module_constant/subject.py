"""A constant of a module and a function that reads it as a global."""

LIMIT = 10
NAMES = {"one": 1}


def allows(number):
    return number < LIMIT
