from __future__ import annotations

import pytest

from gate.source.code import SourceError
from gate.source.parts import Affected, affected, functions, read_parts

BASE = '''"""Tests."""
import pytest
from helpers import check, close

LIMIT = 3
CASES = [1, 2]


@pytest.fixture
def shop():
    return LIMIT


def fill(shop):
    return [shop]


def test_limit(shop):
    assert shop == 3


def test_filled(shop):
    assert fill(shop)


@pytest.mark.parametrize("case", CASES)
def test_case(case):
    assert close(case, case)


class TestAll:
    size = 2

    def setup_method(self):
        self.x = 1

    def helper(self):
        return self.x

    def test_size(self):
        assert self.size == 2

    def test_helped(self):
        assert self.helper()


class TestMore(TestAll):
    def test_more(self):
        assert check(1)
'''
OF_ALL = {"TestAll.setup_method", "TestAll.helper", "TestAll.test_size", "TestAll.test_helped"}
OF_MORE = {"TestMore.test_more"}
OF_SHOP = {"shop", "fill", "test_limit", "test_filled"}
EVERYTHING = Affected(everything=True)


def compared(*pairs: tuple[str, str], outside: tuple[str, ...] = ()) -> Affected:
    head = BASE
    for old, new in pairs:
        assert head.count(old) == 1, old
        head = head.replace(old, new)
    parts = [read_parts("tests/test_a.py", text.encode()) for text in (BASE, head)]
    return affected(*parts, frozenset(outside))


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("assert shop == 3", "assert shop")], {"test_limit"}),
        ([("CASES = [1, 2]", "CASES = [1]")], {"test_case"}),
        ([("LIMIT = 3", "LIMIT = 4")], OF_SHOP),
        ([("    return [shop]", "    return [1]")], {"fill", "test_filled"}),
        ([("def fill(shop):\n    return [shop]\n", "")], {"fill", "test_filled"}),
        ([("size = 2\n", "size = 1\n")], OF_ALL | OF_MORE),
        ([("self.x = 1", "self.x = 2")], OF_ALL | OF_MORE),
        ([("return self.x", "return 1")], {"TestAll.helper", "TestAll.test_helped"}),
        ([("import check, close", "import check, near as close")], {"test_case"}),
        ([("def test_limit(shop):", "@pytest.mark.skip\ndef test_limit(shop):")], {"test_limit"}),
        ([("def test_limit(shop):", "def check_limit(shop):")], {"test_limit"}),
        ([("class TestMore(TestAll):", "class More(TestAll):")], OF_MORE),
    ],
)
def test_what_differs_affects_what_mentions_it(
    pairs: list[tuple[str, str]], expected: set[str]
) -> None:
    assert compared(*pairs).functions == expected


@pytest.mark.parametrize(
    "pairs",
    [
        [("LIMIT = 3\n", "LIMIT = 3  # three\n\n\n")],
        [('"""Tests."""', '"""More tests."""')],
        [("import check, close", "import check, close, nothing")],
        [("def fill", "def test_new():\n    assert LIMIT\n\n\ndef fill")],
        [
            (
                "def fill",
                "NEW = 1\n\n\nclass TestNew:\n    def setup_method(self): ...\n\n\ndef fill",
            )
        ],
        [("    size = 2", "    size = 2\n\n    def test_new(self):\n        assert self.size")],
    ],
)
def test_layout_and_what_is_only_added_affects_nothing(pairs: list[tuple[str, str]]) -> None:
    found = compared(*pairs)
    assert (found.functions, found.everything) == (frozenset(), False)


@pytest.mark.parametrize(
    "added",
    [
        "pytestmark = pytest.mark.skip",
        "pytest.skip('later', allow_module_level=True)",
        "close.__defaults__ = (1,)",
        "__test__ = False",
        "def setup_function():\n    pass",
        "def pytest_generate_tests(metafunc):\n    pass",
        "@pytest.fixture(autouse=True)\ndef calm():\n    pass",
        "from easy import *",
        "if True:\n    pytest.skip('later')",
        "try:\n    import torch\nexcept ImportError:\n    pytest.skip('later')",
    ],
)
def test_what_is_felt_without_being_mentioned_affects_everything(added: str) -> None:
    assert compared(("LIMIT = 3", f"LIMIT = 3\n{added}")) == EVERYTHING


def test_an_addition_that_takes_a_name_in_use_affects_its_users() -> None:
    close = "def close(a, b):\n    return True"
    assert compared(("LIMIT = 3", f"LIMIT = 3\n\n\n{close}")).functions == {"test_case"}


def test_what_differs_in_other_files_affects_who_mentions_it() -> None:
    assert compared(outside=("check",)).functions == OF_MORE
    assert compared(outside=("helpers",)).functions == {"test_case"} | OF_MORE
    assert compared(outside=("unknown",)).functions == frozenset()


def test_the_functions_of_a_module_are_named_with_their_classes() -> None:
    named = functions(read_parts("a.py", BASE.encode()))
    assert named == OF_ALL | OF_MORE | OF_SHOP | {"test_case"}


def test_a_body_is_the_same_under_another_name() -> None:
    one, other, third = (
        read_parts("a.py", f"def {name}(x):\n    assert x == {value}\n".encode())[0].body
        for name, value in (("test_a", 1), ("check_b", 1), ("test_a", 2))
    )
    assert one == other != third


def test_what_is_no_python_is_refused() -> None:
    with pytest.raises(SourceError):
        read_parts("a.py", b"def (")
