"""Says what both parts have done."""

from .subject import doubled


def test_doubled():
    with doubled([3]) as values:
        assert values == [3, 6]
    assert values == [3, 6, 0]
