"""It is a plugin of pytest, which rewrites its assertions."""

LIMIT = 10


def below(a):
    return a < LIMIT
