from __future__ import annotations

from pathlib import Path

import pytest
from repositories import write_files

from gate.init.suite import Suite


def suite_of(root: Path, *python: str, **configuration: str) -> Suite:
    write_files(root, dict.fromkeys(python, ""))
    write_files(root, {name.replace("_", "."): text for name, text in configuration.items()})
    return Suite(root, python)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest_ini", "[pytest]\ntestpaths = checks more\n"),
        ("tox_ini", "[pytest]\ntestpaths =\n    checks\n    more\n"),
        ("setup_cfg", "[tool:pytest]\ntestpaths = checks more\n"),
        ("pyproject_toml", '[tool.pytest.ini_options]\ntestpaths = ["checks", "more"]\n'),
    ],
)
def test_testpaths_of_each_configuration_are_left_to_it(
    tmp_path: Path, name: str, text: str
) -> None:
    suite = suite_of(
        tmp_path, "checks/test_a.py", "more/test_b.py", "tests/test_c.py", **{name: text}
    )
    assert suite.folders == ("checks", "more")
    assert suite.paths.paths == ()
    assert suite.paths.why == f"not set, so pytest's own testpaths in {name.replace('_', '.')} hold"


def test_testpaths_are_known_once_each(tmp_path: Path) -> None:
    ini = "[pytest]\ntestpaths = ./tests/ tests more/\n"
    suite = suite_of(tmp_path, "tests/test_a.py", "more/test_b.py", pytest_ini=ini)
    assert suite.folders == ("tests", "more")


@pytest.mark.parametrize("testpaths", ["..", "/"])
def test_testpaths_outside_of_the_repository_are_left_to_pytest(
    tmp_path: Path, testpaths: str
) -> None:
    suite = suite_of(tmp_path, "tests/test_a.py", pytest_ini=f"[pytest]\ntestpaths = {testpaths}\n")
    assert suite.paths.paths == ()


@pytest.mark.parametrize("testpaths", ["gone", "te*", "tests gone"])
def test_testpaths_that_are_patterns_or_not_here_are_left_to_pytest(
    tmp_path: Path, testpaths: str
) -> None:
    suite = suite_of(tmp_path, "tests/test_a.py", pytest_ini=f"[pytest]\ntestpaths = {testpaths}\n")
    assert suite.paths.paths == ()
    assert "pytest's own testpaths in pytest.ini" in suite.paths.why


@pytest.mark.parametrize(
    ("python", "paths"),
    [
        (["tests/test_a.py", "tests/unit/test_b.py"], ("tests",)),
        (["test/test_a.py"], ("test",)),
        (["tests/test_a.py", "pkg/tests/test_b.py"], ("pkg/tests", "tests")),
        (["pkg/tests/test_b.py", "pkg/sub/tests/test_c.py"], ("pkg/sub/tests", "pkg/tests")),
        (["checks/test_a.py", "checks/deep/test_b.py"], ("checks",)),
        (["tests/a_test.py"], ("tests",)),
        (["tests/test_a.py", "examples/test_b.py", "docs/test_c.py"], ("tests",)),
        (["tests/test_a.py", "loose/test_b.py"], ("tests",)),
        (["test_a.py", "pkg/test_b.py"], ()),
        ([f"part{number}/test_a.py" for number in range(20)], ()),
    ],
)
def test_without_testpaths_the_folders_of_tests_are_found(
    tmp_path: Path, python: list[str], paths: tuple[str, ...]
) -> None:
    suite = suite_of(tmp_path, *python)
    assert suite.folders == paths
    assert suite.paths.paths == ()
    assert "what plain `pytest` runs" in suite.paths.why


def test_a_repository_without_tests_is_told_so(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, "pkg/__init__.py")
    assert suite.files == ()
    assert suite.paths.paths == ()
    assert "cannot pass" in suite.paths.why


@pytest.mark.parametrize("key", ["filterwarnings = ignore:it's old", "markers = slow: don't"])
def test_a_quote_in_another_key_hides_nothing_of_the_configuration(
    tmp_path: Path, key: str
) -> None:
    ini = f"[pytest]\n{key}\ntestpaths = checks docs\npython_files = check_*.py\n"
    suite = suite_of(tmp_path, "checks/check_a.py", "docs/index.py", pytest_ini=ini)
    assert suite.problem == ""
    assert suite.files == ("checks/check_a.py",)
    assert "pytest's own testpaths in pytest.ini" in suite.paths.why


def test_a_configuration_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, "tests/test_a.py", pytest_ini="[pytest]\ntestpaths = it's\n")
    assert suite.problem == "pytest.ini cannot be read: testpaths: No closing quotation"


def test_names_of_test_files_are_those_of_the_configuration(tmp_path: Path) -> None:
    ini = "[pytest]\npython_files = check_*.py\n"
    suite = suite_of(tmp_path, "checks/check_a.py", "checks/helper.py", pytest_ini=ini)
    assert suite.files == ("checks/check_a.py",)
    assert not suite.is_code("checks/check_a.py")


def test_code_is_what_is_no_test_and_does_not_stand_beside_tests(tmp_path: Path) -> None:
    suite = suite_of(
        tmp_path,
        *(
            "pkg/a.py",
            "pkg/tests/test_a.py",
            "pkg/tests/helper.py",
            "tests/conftest.py",
            "tests/test_b.py",
        ),
        *("integration_tests/helper.py", "checks/test_c.py", "checks/helper.py"),
    )
    found = ("pkg/a.py", "checks/helper.py")
    assert tuple(path for path in suite.python if suite.is_code(path)) == found


def test_a_package_that_testpaths_names_is_still_code(tmp_path: Path) -> None:
    ini = "[pytest]\ntestpaths = pkg\n"
    python = ("pkg/__init__.py", "pkg/a.py", "pkg/tests/test_a.py", "pkg/tests/test_b.py")
    suite = suite_of(tmp_path, *python, pytest_ini=ini)
    assert suite.folders == ("pkg",)
    assert suite.is_code("pkg/a.py")
