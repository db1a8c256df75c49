"""A module that is first imported inside a test."""

LIMIT = 10


def allows(number):
    return number * 2 < LIMIT
