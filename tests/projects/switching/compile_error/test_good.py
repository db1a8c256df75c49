"""Says what both cases return."""

from .subject import sign


def test_sign():
    assert [sign(-1), sign(1)] == ["down", "up"]
