"""A generator behind `contextmanager`: one part runs before the block, one after it."""

from contextlib import contextmanager


@contextmanager
def doubled(values):
    values.append(values[0] * 2)
    yield values
    values.append(0)
