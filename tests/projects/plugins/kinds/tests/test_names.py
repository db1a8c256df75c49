"""Ids with characters that mean something to a shell, a glob, a file system, a terminal or a parser."""

import pytest

NAMES = ["[x]", "a/b", "../c", "é", "日本", "a::b", "sp ace", "new\nline", "nul\0", "*", "%s", "", "-", "<b>&"]


@pytest.mark.parametrize("name", NAMES)
def test_name(name):
    assert name != "a/b"


@pytest.mark.parametrize("name", NAMES, ids=[f"id {name}" for name in NAMES])
def test_named(name):
    assert name != "é"


@pytest.mark.parametrize("left", [1, 2])
@pytest.mark.parametrize("right", [None, 3.5, object, b"\xff"])
class TestProduct:
    def test_pair(self, left, right):
        assert (left, right) != (2, None)


class TestOuter:
    class TestInner:
        def test_nested(self):
            assert type(self) is TestOuter.TestInner
