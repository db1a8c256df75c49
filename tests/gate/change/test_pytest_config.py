from __future__ import annotations

from collections.abc import Mapping

import pytest

from gate.change.pytest_config import DEFAULTS, PytestConfig, candidates, read_config


def read(files: Mapping[str, str], *arguments: str) -> PytestConfig:
    return read_config({path: text.encode() for path, text in files.items()}.get, arguments)


def test_without_any_file_pytest_has_its_defaults() -> None:
    config = read({})
    assert (config.file, config.value("addopts")) == ("", ())
    assert config.value("python_files") == ("test_*.py", "*_test.py")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\ntestpaths = a 'b c'\n"),
        (".pytest.ini", "[pytest]\ntestpaths =\n    a\n    'b c'\n"),
        ("tox.ini", "[tox]\nx = 1\n[pytest]\ntestpaths = a 'b c'\n"),
        ("setup.cfg", "[tool:pytest]\ntestpaths = a 'b c'\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\ntestpaths = \"a 'b c'\"\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\ntestpaths = ["a", "b c"]\n'),
        ("pyproject.toml", '[tool.pytest]\ntestpaths = ["a", "b c"]\n'),
        ("pytest.toml", '[pytest]\ntestpaths = ["a", "b c"]\n'),
        (".pytest.toml", '[pytest]\ntestpaths = ["a", "b c"]\n'),
    ],
)
def test_each_kind_of_file_is_read(name: str, text: str) -> None:
    config = read({name: text})
    assert (config.file, config.value("testpaths")) == (name, ("a", "b c"))


def test_the_first_file_that_speaks_to_pytest_wins() -> None:
    files = {
        "pyproject.toml": "[tool.ruff]\nx = 1\n",
        "tox.ini": "[tox]\n",
        "setup.cfg": "[tool:pytest]\ntestpaths = c\n",
    }
    assert read(files).file == "setup.cfg"
    assert read({**files, "tox.ini": "[pytest]\n"}).file == "tox.ini"
    # A file of pytest's own wins though it is empty.
    assert read({**files, "pytest.ini": ""}) == PytestConfig("pytest.ini")


def test_a_file_nearer_to_the_tests_wins() -> None:
    files = {"pytest.ini": "[pytest]\n", "tests/pytest.ini": "[pytest]\n", "tests/a/tox.ini": ""}
    assert read(files).file == "pytest.ini"
    assert read(files, "tests").file == "tests/pytest.ini"
    assert read(files, "tests/a/test_x.py::test", "tests/b").file == "tests/pytest.ini"
    assert read(files, "tests", "checks").file == "pytest.ini"
    assert read({"checks/pytest.ini": ""}, "tests", "checks").file == "checks/pytest.ini"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "no section = 1\n"),
        ("pyproject.toml", "[tool.pytest"),
        ("pyproject.toml", "[tool.pytest.ini_options]\na = 1\n[tool.pytest]\nb = 1\n"),
        ("pyproject.toml", "tool = 5\n"),
        ("pytest.ini", "[pytest]\naddopts = 'open\n"),
        ("setup.cfg", "[pytest]\naddopts = -q\n"),
        ("pyproject.toml", '[tool.pytest]\naddopts = "-q"\n'),
    ],
)
def test_a_file_that_cannot_be_read_says_why(name: str, text: str) -> None:
    assert read({name: text}).problem.startswith(f"{name} cannot be read: ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "pytest.ini",
            "[pytest]\nmarkers = slow: don't\ntestpaths = a b\njunit_suite_name = it's\n",
        ),
        ("tox.ini", "[pytest]\nfilterwarnings = ignore:it's old\ntestpaths = a b\n"),
        ("setup.cfg", "[tool:pytest]\ntestpaths = a b\nmarkers =\n    slow: don't\n"),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\ntestpaths = "a b"\nmarkers = "slow: don\'t"\nminversion = 8.0\n',
        ),
        ("pytest.toml", '[pytest]\ntestpaths = ["a", "b"]\nminversion = "it\'s"\n'),
    ],
)
def test_a_quote_in_a_key_that_chooses_no_test_is_only_text(name: str, text: str) -> None:
    config = read({name: text})
    assert (config.problem, config.value("testpaths")) == ("", ("a", "b"))


def test_a_key_that_cannot_be_split_is_named_with_its_file_and_line() -> None:
    config = read({"pytest.ini": "[pytest]\ntestpaths = it's\n"})
    assert config.problem == "pytest.ini cannot be read: testpaths: No closing quotation"
    assert (
        read({"tox.ini": "x\n"}).problem == "tox.ini cannot be read: line 1: unexpected line: 'x'"
    )


@pytest.mark.parametrize(
    ("text", "imported"),
    [("", True), ("collect_imported_tests = no", False), ("collect_imported_tests = True", True)],
)
def test_whether_imported_tests_are_taken_again_is_read(text: str, imported: bool) -> None:
    assert read({"pytest.ini": f"[pytest]\n{text}\n"}).imported_tests() is imported


def test_the_candidates_are_all_files_on_the_way_up() -> None:
    assert set(candidates(())) == {name for name in candidates(()) if "/" not in name}
    named = candidates(("tests/deep", "tests/b.py"))
    for path in ("pytest.ini", "tests/pytest.ini", "tests/deep/setup.cfg", "pyproject.toml"):
        assert path in named
    assert len(named) == len(set(named)) == 21


def test_the_defaults_are_those_of_pytest() -> None:
    asked: dict[str, object] = {}

    class Plugin:
        @staticmethod
        def pytest_configure(config: pytest.Config) -> None:
            asked.update({key: tuple(config.getini(key)) for key in DEFAULTS})
            pytest.exit("asked", returncode=0)

    pytest.main(["-c", "/dev/null", "--rootdir", "/", "-p", "no:asyncio", "-qq"], [Plugin()])
    asked_for = {key: tuple(value) for key, value in asked.items()}  # type: ignore[arg-type]
    assert asked_for == dict(DEFAULTS)
