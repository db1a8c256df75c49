"""A test makes a module of what its loader compiles."""

LIMIT = 10


def below(a):
    return a < LIMIT
