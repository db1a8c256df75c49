"""Says what is parsed."""

from .subject import parse


def test_parse():
    assert parse("12") == 13
