"""A conftest executes it, so its functions are live and no module has them."""

LIMIT = 10


def below(a):
    return a < LIMIT
