"""An import hook of the project compiles it."""

LIMIT = 10


def below(a):
    return a < LIMIT
