"""A marker that is not registered, which --strict-markers refuses."""

import pytest


@pytest.mark.no_such_marker
def test_unknown(request):
    assert request.node.get_closest_marker("no_such_marker")
