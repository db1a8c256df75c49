"""Says what is yielded."""

from .subject import doubles


def test_doubles():
    assert list(doubles(3)) == [0, 2, 4]
