"""A test loads it by its path."""

LIMIT = 10


def below(a):
    return a < LIMIT
