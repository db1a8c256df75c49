from __future__ import annotations

from typing import Any

import pytest
from builders import make_change

from gate.model import ChangedFile
from gate.source.touched_tests import TestFiles, TouchedTests, function_of, touched_tests

SHARED = "def check(x):\n    return x > 0\n\n\ndef other(x):\n    return x\n"
FILES = {
    "pkg/a.py": "def f():\n    return 1\n",
    "conftest.py": "import pytest\n",
    "tests/conftest.py": (
        "import pytest\n\n\n@pytest.fixture\ndef shop():\n    return 1\n\n\n"
        "@pytest.fixture\ndef bag():\n    return 2\n"
    ),
    "tests/helpers.py": SHARED,
    "tests/wrapped.py": "from helpers import check\n\n\ndef checked(x):\n    return check(x)\n",
    "tests/test_a.py": (
        "from helpers import check\n\n\ndef test_one():\n    assert check(1)\n\n\n"
        "def test_two(shop):\n    assert shop\n"
    ),
    "tests/unit/test_b.py": (
        "from wrapped import checked\n\n\ndef test_b():\n    assert checked(1)\n\n\n"
        "def test_c(bag):\n    assert bag\n"
    ),
    "tests/data/rows.json": "[1]",
    "docs/page.md": "text",
    "pytest.ini": "[pytest]\naddopts = -q\n",
    "pyproject.toml": '[project]\nname = "a"\n[tool.pytest.ini_options]\naddopts = "-q"\n',
    "setup.cfg": "[flake8]\nignore = E\n[tool:pytest]\naddopts = -q\n",
}
COLLECTED = frozenset({"tests/test_a.py", "tests/unit/test_b.py"})
A, B = sorted(COLLECTED)


def touched(
    changes: dict[str, str | None],
    renamed: dict[str, str] | None = None,
    collected: frozenset[str] = COLLECTED,
    **fields: Any,
) -> TouchedTests:
    """What a change of FILES touches; a file of None is deleted, `renamed` maps old paths to new ones."""
    head: dict[str, str | None] = {**FILES, **changes}
    files = []
    for path, text in changes.items():
        status: Any = "deleted" if text is None else "modified" if path in FILES else "added"
        files.append(ChangedFile(path, frozenset(), status))
    for old, new in (renamed or {}).items():
        head[new] = head.pop(old)
        files.append(ChangedFile(new, frozenset(), "renamed", old))
    kinds = TestFiles(
        collected=collected,
        sources=frozenset({"pkg/a.py"}),
        python=tuple(path for path in FILES if path.endswith(".py")),
        **{"shared": lambda path: False, **fields},
    )

    def reader(side: dict[str, Any]) -> Any:
        return lambda path: None if side.get(path) is None else side[path].encode()

    return touched_tests(make_change(*files), kinds, reader(FILES), reader(head))


def edited(path: str, old: str, new: str) -> dict[str, str | None]:
    assert FILES[path].count(old) == 1
    return {path: FILES[path].replace(old, new)}


def test_a_change_of_code_documents_or_layout_touches_no_test() -> None:
    changes = {
        **edited("pkg/a.py", "1", "2"),
        **edited("docs/page.md", "text", "texts"),
        **edited(A, "assert check(1)", "assert check(1)  # one"),
        **edited("pyproject.toml", '"a"', '"b"'),
        **edited("setup.cfg", "E", "W"),
        "tests/test_new.py": "def test_new(): ...\n",
        "tests/data/new.json": "[]",
    }
    assert not touched(changes)


def test_an_edited_test_is_touched_and_its_neighbour_is_not() -> None:
    found = touched(edited(A, "check(1)", "1"))
    assert found.files == {A: {"test_one"}}
    assert found.touches(A, f"{A}::test_one[3-x::y]")
    assert not found.touches(A, f"{A}::test_two")
    assert not found.touches(B, f"{B}::test_b")


def test_a_test_that_stands_elsewhere_than_in_its_file_is_touched_with_it() -> None:
    found = touched(edited(A, "check(1)", "1"))
    assert found.touches(A, f"{A}::TestInherited::test_one")


@pytest.mark.parametrize(
    ("changes", "renamed", "collected"),
    [
        ({A: None}, {}, frozenset({B})),
        ({A: "def ("}, {}, COLLECTED),
        ({A: FILES[A] + "\nimport os\nos.x = 1\n"}, {}, COLLECTED),
        ({}, {A: "tests/check_a.py"}, frozenset({B})),
        ({}, {A: "elsewhere/test_a.py"}, frozenset({B, "elsewhere/test_a.py"})),
        (edited(A, "check(1)", "check(1)  # x"), {}, frozenset({B})),
    ],
)
def test_a_file_that_is_gone_moved_broken_or_not_collected_is_touched_as_a_whole(
    changes: dict[str, str | None], renamed: dict[str, str], collected: frozenset[str]
) -> None:
    assert touched(changes, renamed, collected).files == {A: None}


def test_a_file_renamed_in_its_place_is_compared_with_what_it_was() -> None:
    new = "tests/test_z.py"
    assert not touched({}, {A: new}, frozenset({B, new}))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (edited("tests/conftest.py", "return 1", "return 3"), {A: {"test_two"}}),
        (edited("tests/conftest.py", "return 2", "return 3"), {B: {"test_c"}}),
        (edited("tests/helpers.py", "x > 0", "True"), {A: {"test_one"}, B: {"test_b"}}),
        (edited("tests/helpers.py", "return x\n", "return 1\n"), {}),
        (edited("tests/wrapped.py", "return check(x)", "return True"), {B: {"test_b"}}),
        ({"tests/helpers.py": None}, {A: {"test_one"}, B: {"test_b"}}),
        (
            edited("tests/helpers.py", "def other", "print(1)\n\n\ndef other"),
            {A: {"test_one"}, B: {"test_b"}},
        ),
    ],
)
def test_what_a_conftest_or_helper_changes_is_followed_by_name(
    changes: dict[str, str | None], expected: dict[str, set[str]]
) -> None:
    assert touched(changes).files == expected


def test_a_conftest_that_is_felt_touches_all_below_its_folder() -> None:
    skips = "\n\ndef pytest_collection_modifyitems(items):\n    items.clear()\n"
    found = touched({"tests/conftest.py": FILES["tests/conftest.py"] + skips})
    assert {path for path, names in found.files.items() if names is None} >= COLLECTED
    assert "pkg/a.py" not in found.files


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("tests/unit/conftest.py", "def pytest_collection_modifyitems(items): ...\n", {B: None}),
        ("tests/unit/conftest.py", "import random\n\nrandom.seed(1)\n", {B: None}),
        ("tests/unit/conftest.py", "def bag():\n    return 3\n", {B: {"test_c"}}),
        ("tests/unit/conftest.py", "import random\n\nBAG = 3\n", {}),
        ("tests/unit/conftest.py", "def (\n", {}),
        ("tests/unit/plugin.py", "def pytest_collection_modifyitems(items): ...\n", {}),
    ],
)
def test_a_new_conftest_touches_what_it_works_on(
    path: str, text: str, expected: dict[str, set[str] | None]
) -> None:
    assert touched({path: text}).files == expected


def test_a_test_file_that_others_import_affects_them() -> None:
    third = "tests/unit/test_c.py"
    FILES[third] = "from test_a import test_one as one\n\n\ndef test_d():\n    one()\n"
    try:
        changes = edited(A, "check(1)", "1")
        assert set(touched(changes).files) == {A}
        both = touched(changes, None, COLLECTED | {third}, shared=lambda path: path == A)
        assert both.files == {A: {"test_one"}, third: {"test_d"}}
    finally:
        del FILES[third]


def test_data_below_a_folder_of_tests_touches_the_tests_around_it() -> None:
    found = touched({"tests/data/rows.json": "[2]"})
    assert {path for path, names in found.files.items() if names is None} >= COLLECTED
    assert not touched({"tests/data/rows.json": "[1]"})


def test_a_file_of_cases_that_pytest_collects_is_touched_with_its_text() -> None:
    cases = "docs/page.md"
    assert touched({cases: "less"}).files == {}
    assert touched({cases: "less"}, None, COLLECTED | {cases}).files == {cases: None}
    assert touched({cases: None}).files == {cases: None}


def test_a_conftest_whose_collector_checks_less_touches_the_cases_below_it() -> None:
    collector = (
        "import pytest\n\n\ndef pytest_collect_file(file_path, parent):\n"
        "    return Cases.from_parent(parent, path=file_path)\n\n\n"
        "class Cases(pytest.File):\n    def collect(self):\n        yield Case.from_parent(self)\n\n\n"
        "class Case(pytest.Item):\n    def runtest(self):\n        check()\n"
    )
    cases, before = "tests/a.case", FILES["tests/conftest.py"]
    FILES["tests/conftest.py"] = collector
    try:
        changes = edited("tests/conftest.py", "check()", "pass")
        assert touched(changes, None, COLLECTED | {cases}).files[cases] is None
    finally:
        FILES["tests/conftest.py"] = before


def test_a_link_that_a_change_touches_can_touch_any_test() -> None:
    link = ChangedFile("tests/test_link.py", frozenset(), "modified")
    kinds = TestFiles(COLLECTED, frozenset(), tuple(FILES), lambda path: False)
    found = touched_tests(make_change(link), kinds, lambda path: None, lambda path: b"x = 1\n")
    assert found.settings == ("tests/test_link.py",)


@pytest.mark.parametrize("path", ["pytest.ini", "pyproject.toml", "setup.cfg"])
def test_settings_of_pytest_are_told(path: str) -> None:
    old = "-q" if path != "pyproject.toml" else '"-q"'
    assert touched(edited(path, old, old.replace("-q", "-k a"))).settings == (path,)
    assert touched({path: None}).settings == (path,)
    assert touched({path: "[["}).settings == (path,)


def test_the_function_of_a_test_is_named_without_its_parameters() -> None:
    assert function_of("tests/test_a.py::TestA::test_b[x::y-[1]]") == "TestA.test_b"
    assert function_of("tests/test_a.py") == ""
