"""Says what comes of the defaults where they were read."""

import inspect

from .subject import ROUTES, Box, by_four, shown, weighed


def test_items():
    assert ROUTES["items"]() == list(range(3, 13))


def test_box():
    assert Box(**Box.defaults).width == 5


def test_scaled():
    assert by_four(2) == 8


def test_shown():
    assert inspect.signature(shown).bind_partial().arguments == {}
    bound = inspect.signature(shown).bind()
    bound.apply_defaults()
    assert shown(*bound.args) == "cm"


def test_weighed():
    assert weighed("a") == 7
