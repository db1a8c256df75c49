from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gate.doctor.checks import Check
from gate.doctor.interpreters import (
    Interpreter,
    check_gate,
    check_interpreter,
    read_interpreter,
)

FIT = Interpreter(
    "/bin/python",
    version=(3, 12),
    name="cpython",
    tracer=True,
    packages={"pytest": "8.0.0", "coverage": "7.10.1"},
)


def program(tmp_path: Path, text: str) -> str:
    file = tmp_path / "python"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)


def wrong(interpreter: Interpreter) -> list[Check]:
    return [check for check in check_interpreter(interpreter) if check.status != "ok"]


def test_the_gates_own_interpreter_is_told() -> None:
    assert "Python 3" in check_gate().message


def test_this_interpreter_says_what_it_has(tmp_path: Path) -> None:
    found = read_interpreter(sys.executable, tmp_path)
    assert found.problem == ""
    assert found.version == sys.version_info[:2]
    assert found.tracer
    assert {"pytest", "coverage"} <= found.packages.keys()
    assert "pytest-xdist" in found.plugins
    assert wrong(found) == []


def test_nothing_of_the_project_is_run(tmp_path: Path) -> None:
    for name in ("json", "coverage", "importlib"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('run')\n")
    assert read_interpreter(sys.executable, tmp_path).problem == ""


def test_secrets_are_not_handed_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "0123abc")
    seen = tmp_path / "seen"
    read_interpreter(program(tmp_path, f"env > {seen}"), tmp_path)
    assert "OMP_NUM_THREADS=1" in seen.read_text()
    assert "0123abc" not in seen.read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("echo unknown option -P >&2; exit 2", "unknown option -P"),
        ("echo words", "printed no answer"),
        ("echo '[1]'", "printed no answer"),
        ("kill -9 $$", "printed no answer"),
    ],
)
def test_a_program_that_is_no_python_is_a_problem(tmp_path: Path, text: str, words: str) -> None:
    found = read_interpreter(program(tmp_path, text), tmp_path)
    assert words in found.problem
    (check,) = check_interpreter(found)
    assert check.status == "problem"
    assert "--python" in check.remedy


def test_a_program_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    (check,) = check_interpreter(read_interpreter(str(tmp_path / "nowhere"), tmp_path))
    assert check.status == "problem"


def test_an_interpreter_that_is_fit_is_three_lines() -> None:
    assert [check.name for check in check_interpreter(FIT)] == ["interpreter", "pytest", "coverage"]
    assert wrong(FIT) == []


@pytest.mark.parametrize(
    ("changed", "name", "remedy"),
    [
        ({"version": (3, 10)}, "interpreter", "--python"),
        ({"packages": {"coverage": "7.10"}}, "pytest", "pip install 'pytest>=8'"),
        (
            {"packages": {"pytest": "7.4.4", "coverage": "7.10"}},
            "pytest",
            "pip install 'pytest>=8'",
        ),
        ({"packages": {"pytest": "8.0"}}, "coverage", "pip install 'coverage>=7.10'"),
        ({"packages": {"pytest": "9", "coverage": "7.9.2"}}, "coverage", "'coverage>=7.10'"),
        ({"tracer": False}, "tracer", "--force-reinstall coverage"),
    ],
)
def test_what_it_lacks_is_a_problem_with_the_command_that_mends_it(
    changed: dict[str, object], name: str, remedy: str
) -> None:
    (check,) = wrong(replace(FIT, **changed))  # type: ignore[arg-type]
    assert (check.name, check.status) == (name, "problem")
    assert remedy in check.remedy


@pytest.mark.parametrize("version", ["8.0rc1", "8", "10.2.dev3+local"])
def test_versions_of_every_spelling_are_compared(version: str) -> None:
    assert wrong(replace(FIT, packages={"pytest": version, "coverage": "8.1"})) == []
