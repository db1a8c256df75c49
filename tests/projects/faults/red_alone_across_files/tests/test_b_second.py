"""A test that passes only when the tests of the other file ran before it in the same process."""

import lib


def test_second():
    assert getattr(lib, "ready", False)
