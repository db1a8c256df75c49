"""A conftest that skips every test, as one does for a machine without a GPU."""

import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.skip(reason="no GPU here"))
