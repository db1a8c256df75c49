"""Imports inside the test and asks once."""


def test_allows():
    from .subject import allows

    assert allows(0)
