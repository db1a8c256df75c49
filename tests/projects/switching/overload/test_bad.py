"""Parses."""

from .subject import parse


def test_parse():
    assert parse("12")
