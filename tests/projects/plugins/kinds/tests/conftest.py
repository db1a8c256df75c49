"""The first link of a chain of conftest files."""

import pytest


@pytest.fixture
def chain():
    return ["tests"]


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: "moved_to_the_end" in item.name)
