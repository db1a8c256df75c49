"""Says which parameters there are."""

import inspect

from .subject import area


def test_signature():
    assert list(inspect.signature(area).parameters) == ["width", "height", "unit"]


def test_bound():
    bound = inspect.signature(area).bind(3)
    bound.apply_defaults()
    assert area(*bound.args, **bound.kwargs)
