from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from repositories import write_files

from gate.measure.files import chosen, doubtful_files
from gate.measure.lookalikes import Lookalikes, holds_tests, sort_out
from gate.source.imports import ImportGraph

TEST = "def test_one():\n    pass\n"
CODE = "def start():\n    return 1\n"


def look(root: Path, files: Mapping[str, str], collected: Iterable[str] = ()) -> Lookalikes:
    write_files(root, files)
    python = sorted(files)
    graph = ImportGraph(root, python)
    return sort_out(root, python, frozenset(collected), chosen(python, ()), graph)


@pytest.mark.parametrize(
    "path",
    [
        "pkg/test_command.py",
        "pkg/speed_test.py",
        "pkg/management/commands/test_mail.py",
        "pkg/test/client.py",
        "pkg/tests.py",
        "pkg/test/__init__.py",
        "src/test_lone.py",
    ],
)
def test_a_file_named_like_a_test_in_which_no_test_is_found_is_code(
    tmp_path: Path, path: str
) -> None:
    files = {"pkg/__init__.py": "", "src/lone.py": "", "tests/test_a.py": TEST, path: CODE}
    assert doubtful_files(sorted(files), ()) == (path,)
    assert path in look(tmp_path, files, ["tests/test_a.py"]).code


def test_what_supports_the_tests_of_a_package_is_no_code(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/conftest.py": "",
        "pkg/tests/__init__.py": "",
        "pkg/tests/factories.py": CODE,
        "pkg/tests/sub/helpers.py": CODE,
        "pkg/tests/sub/test_a.py": "from pkg.tests.factories import start\n" + TEST,
    }
    found = look(tmp_path, files, ["pkg/tests/sub/test_a.py"])
    assert found.code == found.unrun == frozenset()
    assert found.tests == files.keys() - {"pkg/__init__.py"}


def test_what_measured_code_imports_from_a_folder_of_tests_is_code(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/a.py": "from pkg.tests.engine import start\n",
        "pkg/tests/engine.py": CODE,
        "pkg/tests/test_a.py": TEST,
    }
    found = look(tmp_path, files, ["pkg/tests/test_a.py"])
    assert found.code == {"pkg/tests/engine.py"}
    assert found.tests == {"pkg/tests/test_a.py"}


def test_tests_that_pytest_did_not_collect_are_named_and_no_code(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/tests/test_old.py": TEST,
        "pkg/tests/data.py": CODE,
        "pkg/test_lone.py": TEST,
        "tests/test_a.py": TEST,
    }
    found = look(tmp_path, files, ["tests/test_a.py"])
    assert found.unrun == {"pkg/tests/test_old.py", "pkg/test_lone.py"}
    assert found.code == frozenset()
    assert found.tests >= {"pkg/tests/data.py", *found.unrun}


def test_code_that_holds_a_test_and_is_imported_by_code_is_code(tmp_path: Path) -> None:
    files = {"pkg/__init__.py": "", "pkg/a.py": "from . import test_b\n", "pkg/test_b.py": TEST}
    assert look(tmp_path, files).code == {"pkg/test_b.py"}


@pytest.mark.parametrize(
    "path",
    [
        "conftest.py",
        "pkg/conftest.py",
        "tests/helpers.py",
        "tests/__init__.py",
        "docs/test_x.py",
        "scripts/test_x.py",
        ".hidden/pkg/test_x.py",
        "pkg/.hidden/test_x.py",
        "other/test_x.py",
    ],
)
def test_what_does_not_stand_where_code_does_is_not_doubtful(path: str) -> None:
    assert doubtful_files(["pkg/__init__.py", path], ()) == ()


def test_nothing_is_doubtful_where_the_policy_says_what_is_measured() -> None:
    assert doubtful_files(["pkg/__init__.py", "pkg/test_x.py"], ["pkg"]) == ()


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (TEST, True),
        ("async def test_one(): pass\n", True),
        ("class TestA:\n    def test_one(self): pass\n", True),
        ("class Old(unittest.TestCase):\n    def test_one(self): pass\n", True),
        ("class TestClient:\n    def get(self): pass\n", False),
        (CODE, False),
        ("def start():\n    def test_one(): pass\n", False),
        ("def test_one(:\n", False),
    ],
)
def test_a_file_holds_tests_by_the_names_of_its_functions(
    tmp_path: Path, text: str, *, holds: bool
) -> None:
    (tmp_path / "a.py").write_text(text)
    assert holds_tests(tmp_path, "a.py") is holds


def test_a_file_that_is_gone_holds_no_tests(tmp_path: Path) -> None:
    assert not holds_tests(tmp_path, "a.py")
