"""Runs both parts."""

from .subject import doubled


def test_doubled():
    with doubled([3]) as values:
        assert len(values) == 2
    assert len(values) == 3
