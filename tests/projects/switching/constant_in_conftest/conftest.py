"""Makes fixtures from what it imported; the test files import nothing."""

import pytest

from .subject import LIMIT, shifted


@pytest.fixture
def limit():
    return LIMIT


@pytest.fixture(scope="session")
def shifted_limit():
    return shifted(1)
