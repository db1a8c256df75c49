"""Calls the function that the constant holds up."""

from lib.fault import wait


def test_wait():
    assert wait() == "ready"
