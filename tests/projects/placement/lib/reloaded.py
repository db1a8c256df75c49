"""A test imports it once more."""

LIMIT = 10


def below(a):
    return a < LIMIT
