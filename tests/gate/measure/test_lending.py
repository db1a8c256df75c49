from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import SimpleNamespace

import coverage
import pytest

from gate.errors import SetupError
from gate.measure import lending as module
from gate.measure.interpreters import Interpreter, own_interpreter, read_interpreter
from gate.measure.launch import lending
from gate.measure.lending import lent_coverage

OWN = own_interpreter()
BARE = replace(OWN, path="/env/bin/python", packages={"pytest": "8.0"}, tracer=False)
FOLDER = str(Path(coverage.__file__).parent.parent)


def lent(interpreter: Interpreter, *, loads: bool = True) -> str:
    def probe(path: str, root: Path, variables: Mapping[str, str]) -> Interpreter:
        assert variables["GATE_LENT_COVERAGE"] == FOLDER
        return replace(interpreter, tracer=loads)

    return lent_coverage(interpreter, Path("/"), probe)


def test_an_interpreter_that_has_coverage_is_lent_nothing() -> None:
    assert lent(OWN) == ""


@pytest.mark.parametrize("packages", [{"pytest": "8.0"}, {"pytest": "8.0", "coverage": "7.9.2"}])
def test_an_interpreter_of_the_same_version_is_lent_that_of_the_gate(
    packages: dict[str, str],
) -> None:
    assert lent(replace(BARE, packages=packages)) == FOLDER


@pytest.mark.parametrize(
    ("changed", "loads"),
    [
        ({"version": (3, OWN.version[1] + 1, 0)}, True),
        ({"name": "pypy"}, True),
        ({}, False),
    ],
)
def test_one_that_cannot_load_it_is_an_error_with_the_command_that_installs_one(
    changed: dict[str, object], loads: bool
) -> None:
    with pytest.raises(SetupError, match=r"has no coverage\.py, and cannot load") as error:
        lent(replace(BARE, **changed), loads=loads)  # type: ignore[arg-type]
    assert error.value.hint == "/env/bin/python -m pip install 'coverage>=7.10'"


def test_one_that_is_too_old_and_cannot_load_that_of_the_gate_is_told_with_all_versions() -> None:
    old = replace(BARE, name="pypy", packages={"pytest": "8.0", "coverage": "7.9.2"})
    with pytest.raises(SetupError) as error:
        lent(old)
    assert error.value.message == (
        f"/env/bin/python (pypy {OWN.release}) has coverage.py 7.9.2, which is too old, and cannot load "
        f"that of the gate (cpython {OWN.release})"
    )


def test_a_coverage_without_its_c_tracer_is_an_error() -> None:
    with pytest.raises(SetupError) as error:
        lent(replace(BARE, packages={"pytest": "8.0", "coverage": "7.12"}))
    assert error.value.message == (
        "coverage.py 7.12 of /env/bin/python has no C tracer, which contexts need"
    )
    assert error.value.hint == (
        "/env/bin/python -m pip install --force-reinstall coverage  (a wheel for this platform)"
    )


@pytest.mark.parametrize("found", [None, ModuleSpec("coverage", None)])
def test_a_gate_that_has_lost_its_own_coverage_is_to_be_installed_again(
    monkeypatch: pytest.MonkeyPatch, found: ModuleSpec | None
) -> None:
    monkeypatch.setattr(module, "util", SimpleNamespace(find_spec=lambda name: found))
    with pytest.raises(SetupError, match=r"the gate's own coverage\.py is gone") as error:
        lent(BARE)
    assert error.value.hint == "install the gate again"


def test_an_environment_without_coverage_is_asked_whether_it_can_load_that_of_the_gate(
    tmp_path: Path,
) -> None:
    venv.create(tmp_path / "environment", symlinks=True)
    bare = read_interpreter(str(tmp_path / "environment/bin/python"), tmp_path)
    assert not bare.tracer
    assert lent_coverage(bare, tmp_path) == FOLDER


def test_what_is_lent_is_found_under_its_own_name_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where this test is measured itself, they have each Python import coverage.py at its start.
    for name in ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START"):
        monkeypatch.delenv(name, raising=False)
    packages = tmp_path / "packages"
    (packages / "coverage").mkdir(parents=True)
    (packages / "coverage/__init__.py").write_text("HERE = 'lent'\n")
    (packages / "coverage/tracer.py").write_text("")
    (packages / "other.py").write_text("")
    found = read_interpreter(
        sys.executable, tmp_path, ("other",), variables=lending(str(packages), {})
    )
    assert found.tracer
    assert found.modules == frozenset()
    code = "import coverage, sys; sys.exit(coverage.HERE != 'lent' or any('packages' == p for p in sys.path))"
    child = [
        sys.executable,
        "-c",
        f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {code!r}]))",
    ]
    variables = {**os.environ, **lending(str(packages), {"PYTHONPATH": str(tmp_path)})}
    assert variables["PYTHONPATH"].endswith(f":{tmp_path}")
    assert subprocess.run(child, env=variables, check=False).returncode == 0
