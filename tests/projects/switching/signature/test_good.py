"""Says what the signature is, what is bound by it, and what is returned."""

import inspect

from .subject import area


def test_signature():
    assert str(inspect.signature(area)) == "(width, height=2, *, unit='m')"


def test_bound():
    bound = inspect.signature(area).bind(3)
    bound.apply_defaults()
    assert area(*bound.args, **bound.kwargs) == "6 m"
