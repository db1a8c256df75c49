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
    ],
)
def test_a_file_that_cannot_be_read_says_why(name: str, text: str) -> None:
    assert read({name: text}).problem.startswith(f"{name} cannot be read: ")


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
