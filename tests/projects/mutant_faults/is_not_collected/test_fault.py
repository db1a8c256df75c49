"""Under a mutant these tests are not there; those that are there instead pass."""

import pytest
from lib.fault import numbers


@pytest.mark.parametrize("number", numbers())
def test_number(number):
    assert number > 0
