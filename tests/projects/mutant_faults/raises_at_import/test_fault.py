"""Imports it and calls what is there."""

from lib.fault import checked


def test_checked():
    assert checked(2) == 2
