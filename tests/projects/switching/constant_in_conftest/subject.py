"""A constant that reaches the tests through a conftest file alone."""

LIMIT = 10


def shifted(number):
    return number + 5
