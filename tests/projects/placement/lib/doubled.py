"""It is imported, and a test executes it once more, after reading it as bytes."""

LIMIT = 10


def below(a):
    return a < LIMIT
