"""Runs all of them."""

from .subject import ROUTES, Box, by_four, shown, weighed


def test_all():
    assert ROUTES["items"]() is not None
    assert Box(**Box.defaults)
    assert by_four(2) != 0
    assert shown
    assert shown() != ""
    assert weighed("a") != 0
