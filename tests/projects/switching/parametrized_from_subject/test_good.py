"""Says what each pair is; the names of the tests stay as they are."""

import pytest

from .subject import pairs


@pytest.mark.parametrize(("number", "double"), pairs(), ids=["first", "second"])
def test_pairs(number, double):
    assert double == number + number
