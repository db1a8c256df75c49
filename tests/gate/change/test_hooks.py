from __future__ import annotations

import pytest

from gate.change.hooks import new_hooks
from gate.model import ChangedFile

HOOK = "def pytest_collection_modifyitems(items):\n    items.clear()\n"


def told(before: str, after: str, path: str = "tests/conftest.py") -> list[tuple[int, str]]:
    lines = frozenset(range(1, after.count("\n") + 1))
    found = new_hooks(
        [ChangedFile(path, lines)], {path: before.encode()}.get, {path: after.encode()}.get
    )
    return [(each.line, each.kind) for each in found]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (HOOK, "pytest_collection_modifyitems"),
        ("def pytest_ignore_collect(path): return True\n", "pytest_ignore_collect"),
        ("collect_ignore = ['test_a.py']\n", "collect_ignore"),
        ("collect_ignore_glob: list = ['*']\n", "collect_ignore_glob"),
        ("collect_ignore += ['b']\n", "collect_ignore"),
        ("collect_ignore.append('b')\n", "collect_ignore"),
        ("if CI:\n    collect_ignore = ['b']\n", "collect_ignore"),
        ("pytest_plugins = ['chooser']\n", "pytest_plugins"),
    ],
)
def test_what_chooses_tests_is_told_with_its_line(text: str, name: str) -> None:
    assert told("x = 1\n", f"x = 1\n{text}") == [(2 + text.startswith("if"), name)]


def test_what_reads_as_on_the_base_is_not() -> None:
    assert told(HOOK, "x = 1\n\n" + HOOK.replace("clear()", "clear( )  # all")) == []
    assert told(HOOK, HOOK.replace("clear", "reverse")) == [(1, "pytest_collection_modifyitems")]


def test_a_plugin_may_be_any_file_but_names_count_in_a_conftest_alone() -> None:
    assert told("", HOOK, "tests/plugin.py") == [(1, "pytest_collection_modifyitems")]
    assert told("", "collect_ignore = []\n", "tests/plugin.py") == []
    assert told("", "def other(): pass\n") == []
    assert told("", "def pytest_ignore_collect(:\n") == []
