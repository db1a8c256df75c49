"""Calls the function after loading again."""

import importlib

from . import subject


def test_shifted():
    assert importlib.reload(subject).shifted(5)
