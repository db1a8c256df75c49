"""Options that measure, distribute, stop early and tolerate nothing: they are the project's, and stay."""

import pytest

from lib.arithmetic import add


@pytest.mark.slow
def test_marked():
    assert add(1, 2) == 3


@pytest.mark.parametrize("number", range(5))
def test_numbers(number):
    assert add(number, -number) == 0
