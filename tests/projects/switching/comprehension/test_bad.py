"""Runs each of them."""

from .subject import doubled, largest, lengths


def test_doubled():
    assert doubled([-1, 0, 1, 2])


def test_largest():
    assert largest([3, 5])


def test_lengths():
    assert lengths(["abc"])
