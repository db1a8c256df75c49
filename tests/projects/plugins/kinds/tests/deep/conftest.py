import pytest


@pytest.fixture
def chain(chain):
    return [*chain, "deep"]
