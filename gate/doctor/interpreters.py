"""The interpreters: the gate's own, and the one that runs the tests, asked in a process of its own."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gate import __version__
from gate.doctor.checks import Check, ok, problem, warning
from gate.measure.launch import PINNED, secrets_in

SECONDS = 60
OLDEST_PYTHON = (3, 11)
# What gate/worker is written for; see docs/limits.md and the project's dependencies.
OLDEST = {"pytest": (8, 0), "coverage": (7, 10)}
# Nothing of the project is imported: metadata, and the one module that holds coverage.py's C tracer.
_PROBE = """
import json, sys
from importlib import metadata
found = {"version": list(sys.version_info[:2]), "name": sys.implementation.name}
found |= {"packages": {}, "plugins": {}}
for name in ("pytest", "coverage", "torch"):
    try:
        found["packages"][name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
try:
    import coverage.tracer
    found["tracer"] = True
except ImportError:
    found["tracer"] = False
for each in metadata.distributions():
    if any(entry.group == "pytest11" for entry in each.entry_points):
        found["plugins"][each.metadata["Name"].lower().replace("_", "-")] = each.version
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What the project's interpreter says of itself; `problem` is why it says nothing."""

    path: str
    problem: str = ""
    version: tuple[int, int] = (0, 0)
    name: str = ""
    tracer: bool = False
    packages: Mapping[str, str] = field(default_factory=dict)
    plugins: Mapping[str, str] = field(default_factory=dict)


def check_gate() -> Check:
    """Look at the interpreter that the gate itself runs on, and at the platform."""
    system = platform.system()
    told = f"{__version__} on Python {platform.python_version()}, {system}"
    if system == "Linux":
        return ok("gate", told)
    if system == "Darwin":
        return warning(
            "gate",
            f"{told}: limits of memory and output are not enforced, and mutants are not kept from writing",
            "let a Linux machine decide, such as the workflow that `gate init` writes",
        )
    return problem("gate", f"{told} is not supported", "run it on Linux, on macOS or in WSL")


def read_interpreter(python: str, folder: Path) -> Interpreter:
    """Start the project's interpreter in `folder`, with nothing of the project, and hear what it has."""
    program = shutil.which(python)
    if program is None:
        return Interpreter(python, f"{python} is no program that can be started")
    secrets = secrets_in(os.environ, ())
    kept = {name: value for name, value in os.environ.items() if name not in secrets}
    try:
        finished = subprocess.run(
            # As a run starts it, whose option -P is new in Python 3.11.
            [os.path.abspath(program), "-P", "-c", _PROBE],
            cwd=folder,
            env={**kept, **PINNED},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Interpreter(program, f"{program} gave no answer within {SECONDS} s")
    except OSError as error:
        return Interpreter(program, f"{program} cannot be started: {error.strerror}")
    return _read(program, finished.stdout, finished.stderr)


def check_interpreter(interpreter: Interpreter) -> Iterator[Check]:
    """Look at the version, at pytest and coverage.py, and at the tracer."""
    if interpreter.problem:
        yield problem(
            "interpreter",
            interpreter.problem,
            "name the interpreter of the project's environment with --python: Python 3.11 or later",
        )
        return
    version = ".".join(map(str, interpreter.version))
    if interpreter.version < OLDEST_PYTHON:
        yield problem(
            "interpreter",
            f"{interpreter.path} is Python {version}, and the gate runs tests with 3.11 or later",
            "make an environment with a later Python, and name its interpreter with --python",
        )
        return
    yield ok("interpreter", f"{interpreter.path}, {interpreter.name} {version}")
    for name, oldest in OLDEST.items():
        yield _package(interpreter, name, oldest)
    if interpreter.packages.get("coverage") and not interpreter.tracer:
        yield problem(
            "tracer",
            "coverage.py has no C tracer there, and contexts for each test need it",
            f"{interpreter.path} -m pip install --force-reinstall coverage  (a wheel for this platform)",
        )


def _package(interpreter: Interpreter, name: str, oldest: tuple[int, int]) -> Check:
    least = ".".join(map(str, oldest)).removesuffix(".0")
    install = f"{interpreter.path} -m pip install '{name}>={least}'"
    version = interpreter.packages.get(name)
    if version is None:
        return problem(
            name, f"not installed in {interpreter.path}", f"{install}, or name another --python"
        )
    if _numbers(version) < oldest:
        return problem(name, f"{version} is older than {least}, the oldest that works", install)
    return ok(name, version)


def _read(program: str, output: bytes, errors: bytes) -> Interpreter:
    try:
        said = json.loads(output.splitlines()[-1])
        major, minor = said["version"]
        return Interpreter(
            program,
            version=(int(major), int(minor)),
            name=str(said["name"]),
            tracer=said["tracer"] is True,
            packages={str(key): str(value) for key, value in said["packages"].items()},
            plugins={str(key): str(value) for key, value in said["plugins"].items()},
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        last = lines[-1] if lines else "it printed no answer"
        return Interpreter(program, f"{program} -P -c … failed: {last}")


def _numbers(version: str) -> tuple[int, int]:
    parts = [*version.split("."), "0", "0"][:2]
    major, minor = ("".join(filter(str.isdigit, part)) or "0" for part in parts)
    return int(major), int(minor)
