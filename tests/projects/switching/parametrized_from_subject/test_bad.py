"""Says that there are pairs."""

import pytest

from .subject import pairs


@pytest.mark.parametrize(("number", "double"), pairs(), ids=["first", "second"])
def test_pairs(number, double):
    assert double > 0
