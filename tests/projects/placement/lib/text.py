"""A test reads, compiles and executes it; nobody imports it."""

LIMIT = 10


def below(a):
    return a < LIMIT
