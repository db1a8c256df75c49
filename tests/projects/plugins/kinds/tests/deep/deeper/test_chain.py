"""Fixtures that override each other down a chain of conftest files; a hook of the first one moves a test."""


def test_moved_to_the_end(chain):
    assert chain == ["tests", "deep", "deeper"]


def test_chain(chain):
    assert chain == ["tests", "deep", "deeper"]
