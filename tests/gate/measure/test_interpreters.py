from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from gate.measure import interpreters
from gate.measure.interpreters import (
    Interpreter,
    numbers,
    own_interpreter,
    read_interpreter,
    why_unfit,
)

FIT = Interpreter("/bin/python", version=(3, 12, 1), name="cpython", packages={"pytest": "8.0.0"})


def program(tmp_path: Path, text: str) -> str:
    file = tmp_path / "python"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)


def test_this_interpreter_says_what_it_has(tmp_path: Path) -> None:
    found = read_interpreter(sys.executable, tmp_path, ("pytest", "no_such_thing"), plugins=True)
    assert found.problem == why_unfit(found) == ""
    assert found.version == sys.version_info[:3]
    assert found.release == ".".join(map(str, sys.version_info[:3]))
    assert found.tracer
    assert found.modules == {"pytest"}
    assert {"pytest", "coverage"} <= found.packages.keys()
    assert "pytest-xdist" in found.plugins


def test_the_gates_own_is_known_without_a_process(tmp_path: Path) -> None:
    asked = read_interpreter(sys.executable, tmp_path)
    own = own_interpreter()
    assert (own.path, own.version, own.name) == (asked.path, asked.version, asked.name)
    assert own.tracer is asked.tracer is True
    assert own.packages.items() <= asked.packages.items()
    assert why_unfit(own) == ""


def test_a_gate_whose_own_coverage_cannot_be_imported_has_no_tracer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def find_spec(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(interpreters, "util", SimpleNamespace(find_spec=find_spec))
    assert own_interpreter().tracer is False


def test_nothing_of_the_project_is_run(tmp_path: Path) -> None:
    for name in ("json", "coverage", "importlib", "pkg"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('run')\n")
    found = read_interpreter(sys.executable, tmp_path, ("pkg",))
    assert (found.problem, found.modules) == ("", frozenset())


def test_secrets_are_not_handed_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "0123abc")
    seen = tmp_path / "seen"
    read_interpreter(program(tmp_path, f"env > {seen}"), tmp_path)
    assert "OMP_NUM_THREADS=1" in seen.read_text()
    assert "0123abc" not in seen.read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("echo usage >&2; echo unknown option -c >&2; exit 2", "unknown option -c"),
        ("printf 'caf\\351' >&2; exit 2", "caf\ufffd"),
        ("echo words", "it printed no answer"),
        ("echo '[1]'", "it printed no answer"),
        ("echo '{\"version\": [3]}'", "it printed no answer"),
        ("kill -9 $$", "it printed no answer"),
    ],
)
def test_a_program_that_is_no_python_is_a_problem(tmp_path: Path, text: str, words: str) -> None:
    path = program(tmp_path, text)
    found = read_interpreter(path, tmp_path)
    assert found.problem == f"{path} is no Python that answers: {words}"
    assert why_unfit(found) == found.problem


def test_a_program_that_prints_more_than_its_answer_is_heard(tmp_path: Path) -> None:
    code = f'echo hello; exec {sys.executable} "$@"'
    assert read_interpreter(program(tmp_path, code), tmp_path).version == sys.version_info[:3]


def test_a_program_that_hangs_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "SECONDS", 0.1)
    found = read_interpreter(program(tmp_path, "exec sleep 100"), tmp_path)
    assert "gave no answer within" in found.problem


def test_a_program_has_twenty_seconds_for_its_answer_and_nothing_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str], *, stdin: int, timeout: float, **options: object) -> None:
        assert stdin == subprocess.DEVNULL
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", run)
    path = program(tmp_path, "sleep 100")
    found = read_interpreter(path, tmp_path)
    assert found == Interpreter(path, f"{path} gave no answer within 20 s")


def test_why_a_program_cannot_be_started_is_told(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    assert read_interpreter(nowhere, tmp_path) == Interpreter(nowhere, f"cannot run {nowhere}")
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "gone")
    assert f"a link to {tmp_path}/gone" in read_interpreter(str(dangling), tmp_path).problem
    plain = tmp_path / "plain"
    plain.write_text("text")
    assert "not executable" in read_interpreter(str(plain), tmp_path).problem
    plain.chmod(0o755)
    plain.write_bytes(b"\x7fELF")
    assert "cannot be started" in read_interpreter(str(plain), tmp_path).problem


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"version": (3, 10, 4)},
            "it is Python 3.10.4, and tests run with Python 3.11 or later",
        ),
        (
            {"version": (2, 7, 18)},
            "it is Python 2.7.18, and tests run with Python 3.11 or later",
        ),
        ({"version": (3, 11, 0)}, ""),
        ({"packages": {}}, "it has no pytest"),
        (
            {"packages": {"pytest": "7.4.4"}},
            "its pytest is 7.4.4, and pytest 8 is the oldest that works",
        ),
        ({"packages": {"pytest": "8"}}, ""),
        ({"packages": {"pytest": "8.0rc1"}}, ""),
        ({"packages": {"pytest": "10.2.dev3+local"}}, ""),
    ],
)
def test_what_keeps_it_from_running_tests(changed: dict[str, object], words: str) -> None:
    assert why_unfit(replace(FIT, **changed)) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("version", "first_two"),
    [("10.2.1", (10, 2)), ("7", (7, 0)), ("7.x", (7, 0)), ("dev", (0, 0)), ("", (0, 0))],
)
def test_of_a_version_the_first_two_numbers_count(version: str, first_two: tuple[int, int]) -> None:
    assert numbers(version) == first_two
