"""Says what each of them makes."""

from .subject import doubled, largest, lengths


def test_doubled():
    assert doubled([-1, 0, 1, 2]) == [2, 4]


def test_largest():
    assert largest([3, 5]) == 6


def test_lengths():
    assert lengths(["abc"]) == {"abc": 2}
