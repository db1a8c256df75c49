from __future__ import annotations

from pathlib import Path

import pytest

from gate.doctor.variables import check_variables

TOX = """
[tox]
envlist = py312
[testenv]
set_env =
    DJANGO_SETTINGS_MODULE = tests.settings
    postgres: DB_NAME = shop
    PYTHONHASHSEED = 0
    {[other]setenv}
commands = pytest
[docs]
setenv = SPHINX = 1
"""
NOX = """
import nox

@nox.session
def tests(session):
    session.env["SQLITE"] = "1"
    session.run("pytest", env={"BACKENDS": "numpy", name: "x"})
"""
HATCH = """
[tool.hatch.envs.default]
dependencies = ["pytest"]
[tool.hatch.envs.test.env-vars]
SHOP_MODE = "test"
"""


@pytest.mark.parametrize(
    ("file", "text", "named"),
    [
        ("tox.ini", TOX, "DJANGO_SETTINGS_MODULE, DB_NAME for"),
        ("noxfile.py", NOX, "SQLITE, BACKENDS for"),
        ("pyproject.toml", HATCH, "sets SHOP_MODE for"),
    ],
)
def test_variables_that_the_projects_own_runner_sets_are_named(
    tmp_path: Path, file: str, text: str, named: str
) -> None:
    (tmp_path / file).write_text(text)
    (check,) = check_variables(tmp_path, {})
    assert (check.name, check.status) == ("variables", "warning")
    assert file in check.message
    assert named in check.message


def test_a_variable_that_is_set_here_is_not_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(HATCH)
    assert list(check_variables(tmp_path, {"SHOP_MODE": ""})) == []


@pytest.mark.parametrize("text", ["", "[tool", "[tool]\nhatch = 1", "[tool.hatch.envs]\na = 1"])
def test_a_file_that_says_nothing_or_cannot_be_read_is_no_check(tmp_path: Path, text: str) -> None:
    for file in ("tox.ini", "noxfile.py", "pyproject.toml"):
        (tmp_path / file).write_text(text)
    assert list(check_variables(tmp_path, {})) == []
