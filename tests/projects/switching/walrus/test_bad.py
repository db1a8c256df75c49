"""Asks for what is found."""

from .subject import after_colon


def test_after_colon():
    assert len([after_colon(text) for text in (":x", "a:b:c", "ab")]) == 3
