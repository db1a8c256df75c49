"""A marker that is not registered, which --strict-markers refuses."""

import pytest


@pytest.mark.no_such_marker
def test_unknown():
    assert True
