"""Says what the generator yields that was made at import."""

from .subject import NUMBERS


def test_numbers():
    assert list(NUMBERS) == [0, 2, 4]
