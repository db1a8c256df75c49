"""How the Action installs the gate: an environment of its own; what it says when it cannot."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from runner import ACTION

VERSION = "99.0"
INFO = f"testproof-{VERSION}.dist-info"


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A folder in the place of a package registry, with one version that says its name."""
    files = {
        "gate/__init__.py": "print('gate 99.0')\n",
        f"{INFO}/METADATA": f"Metadata-Version: 2.1\nName: testproof\nVersion: {VERSION}\n",
        f"{INFO}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    folder = tmp_path / "registry"
    folder.mkdir()
    with zipfile.ZipFile(folder / f"testproof-{VERSION}-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
            digest = hashlib.sha256(text.encode()).digest()
            shown = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            record += f"{name},sha256={shown},{len(text)}\n"
        wheel.writestr(f"{INFO}/RECORD", f"{record}{INFO}/RECORD,,\n")
    return folder


def install(folder: Path, **variables: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run the step without a network; gives the Python that it names."""
    output = folder / "output"
    output.write_text("")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "RUNNER_TEMP": str(folder),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_ACTION_PATH": str(ACTION),
        "GATE_PYTHON": sys.executable,
        "PIP_NO_INDEX": "1",
        **variables,
    }
    bash = shutil.which("bash")
    assert bash
    finished = subprocess.run(
        [bash, str(ACTION / "install.sh")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return finished, output.read_text().strip().removeprefix("python=")


def test_a_version_goes_into_an_environment_of_its_own(registry: Path, tmp_path: Path) -> None:
    finished, python = install(tmp_path, GATE_VERSION=VERSION, PIP_FIND_LINKS=str(registry))
    assert finished.returncode == 0, finished.stderr
    assert Path(python).is_relative_to(tmp_path)
    said = subprocess.run([python, "-I", "-c", "import gate"], capture_output=True, check=False)
    assert said.stdout == b"gate 99.0\n"
    before = subprocess.run(
        [sys.executable, "-I", "-c", "import gate; print(gate.__file__)"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert str(tmp_path) not in before.stdout


def test_what_cannot_be_installed_is_told_in_the_run_and_a_version_is_one_word(
    tmp_path: Path,
) -> None:
    version = f"98.0 --target {tmp_path / 'forged'} $(touch {tmp_path / 'forged'})"
    finished, python = install(tmp_path, GATE_VERSION=version)
    assert finished.returncode == 2
    assert python == ""
    assert "::error title=gate::gate could not be installed" in finished.stdout
    assert not (tmp_path / "forged").exists()


def test_a_gate_that_is_there_is_taken_and_nothing_is_installed(tmp_path: Path) -> None:
    finished, python = install(tmp_path, GATE_INSTALLED="/opt/gate/bin/python")
    assert (finished.returncode, python) == (0, "/opt/gate/bin/python")
    assert not (tmp_path / "gate-venv").exists()


def test_a_machine_without_a_new_python_is_told_what_to_add(tmp_path: Path) -> None:
    old = tmp_path / "bin"
    old.mkdir()
    for name in ("python", "python3"):
        # As a Python 3.10 answers the question for its version.
        (old / name).write_text("#!/bin/sh\nexit 1\n")
        (old / name).chmod(0o755)
    finished, _ = install(tmp_path, PATH=f"{old}:/bin", GATE_PYTHON=str(old / "python"))
    assert finished.returncode == 2
    assert "gate needs Python 3.11 or later. Put actions/setup-python before" in finished.stdout
