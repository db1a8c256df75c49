"""A test runs it by `runpy`; nobody imports it."""

LIMIT = 10


def below(a):
    return a < LIMIT
