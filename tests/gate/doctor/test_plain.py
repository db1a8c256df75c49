from __future__ import annotations

import sys
from pathlib import Path

import pytest
from builders import make_policy
from repositories import git, make_repository

from gate.doctor.checks import Check
from gate.doctor.collection import collect
from gate.doctor.plain import check_selection
from gate.source.git import python_files

INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
FILES = {
    "pytest.ini": INI
    + "testpaths = tests docs\naddopts = --doctest-glob=*.rst -q\nmarkers = m: it's\n",
    "pkg.py": "",
    "tests/test_a.py": "def test_a():\n    pass\n\ndef test_b():\n    pass\n",
    "docs/index.rst": ">>> 1 + 1\n2\n",
}


def compared(root: Path, policy: str, **files: str) -> Check:
    make_repository(root, FILES | {name.replace("_", "."): text for name, text in files.items()})
    found = collect(root, make_policy(policy), python_files(root), sys.executable)
    tests = [item.test for item in found.collected.items]
    check = check_selection(found.launch, tests, 60)
    assert git(root, "status", "--porcelain", "--ignored") == ""
    return check


def test_a_run_that_collects_all_that_plain_pytest_does_is_ok(tmp_path: Path) -> None:
    check = compared(tmp_path, "")
    assert (check.status, check.message) == ("ok", "all that plain pytest collects: 3 tests")


def test_tests_that_the_policy_leaves_out_are_counted_and_named(tmp_path: Path) -> None:
    check = compared(tmp_path, '[tests]\npaths = ["tests"]\n')
    assert check.status == "warning"
    assert check.message.startswith("a run leaves out 1 of the 3 tests that plain pytest collects:")
    assert "docs/index.rst::index.rst" in check.message
    assert "[tests]" in check.remedy


def test_tests_are_the_same_whatever_their_rootdir_and_however_many_share_an_id(
    tmp_path: Path,
) -> None:
    twice = "def pytest_collection_modifyitems(items):\n    items += items\n"
    settings = FILES["pytest.ini"].replace("-q", "-q --rootdir=tests")
    check = compared(tmp_path, "", pytest_ini=settings, conftest_py=twice)
    assert (check.status, check.message) == ("ok", "all that plain pytest collects: 6 tests")


def test_a_test_of_a_whole_folder_is_one_on_both_sides(tmp_path: Path) -> None:
    """As pytest-checkdocs has one beside pyproject.toml, in no file."""
    plugin = (
        "import pytest\n\nclass Check(pytest.Item):\n    def runtest(self):\n        pass\n\n"
        "def pytest_collect_file(file_path, parent):\n    if file_path.name == 'marker.toml':\n"
        "        return Check.from_parent(parent, name='project')\n"
    )
    settings = FILES["pytest.ini"].replace("testpaths = tests docs\n", "")
    check = compared(tmp_path, "", pytest_ini=settings, conftest_py=plugin, marker_toml="")
    assert (check.status, check.message) == ("ok", "all that plain pytest collects: 4 tests")


def test_plain_pytest_is_started_as_the_run_is(tmp_path: Path) -> None:
    needs_the_root = "import pkg\n\ndef test_c():\n    pass\n"
    settings = FILES["pytest.ini"].replace("-q", "-q --import-mode=importlib")
    make_repository(tmp_path, FILES | {"pytest.ini": settings, "tests/test_c.py": needs_the_root})
    found = collect(tmp_path, make_policy(""), python_files(tmp_path), sys.executable)
    assert found.launch.as_module
    tests = [item.test for item in found.collected.items]
    check = check_selection(found.launch, tests, 60)
    assert (check.status, check.message) == ("ok", "all that plain pytest collects: 4 tests")


def test_a_plain_pytest_that_collects_nothing_leaves_nothing_to_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_repository(tmp_path, FILES)
    found = collect(tmp_path, make_policy(""), python_files(tmp_path), sys.executable)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    assert check_selection(found.launch, [], 60).status == "unknown"
