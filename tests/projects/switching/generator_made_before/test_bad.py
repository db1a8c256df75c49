"""Counts what the generator yields that was made at import."""

from .subject import NUMBERS


def test_numbers():
    assert len(list(NUMBERS)) == 3
