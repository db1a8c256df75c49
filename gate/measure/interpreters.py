"""An interpreter that may run the tests, asked what it has in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata, util
from pathlib import Path

from gate.measure.launch import PINNED, secrets_in

SECONDS = 20
OLDEST_PYTHON = (3, 11)
# What gate/worker is written for; see docs/limits.md and the project's dependencies.
OLDEST = {"pytest": (8, 0), "coverage": (7, 10)}
# Nothing of the project is imported: metadata, where modules would come from, and the one module that
# holds coverage.py's C tracer. What -P does is done here, as Python 3.11 is the first to know that option.
_PROBE = """
import sys
sys.path[:] = [folder for folder in sys.path if folder]
import json
found = {"version": list(sys.version_info[:3]), "name": sys.implementation.name}
found.update(packages={}, plugins={}, tracer=False, modules=[])
if sys.version_info >= (3, 11):
    from importlib import metadata, util
    for name in ("pytest", "coverage", "torch"):
        try:
            found["packages"][name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            pass
    try:
        import coverage.tracer
        found["tracer"] = True
    except ImportError:
        pass
    for name in sys.argv[2:]:
        try:
            if util.find_spec(name) is not None:
                found["modules"].append(name)
        except (ImportError, ValueError):
            pass
    for each in metadata.distributions() if sys.argv[1] == "plugins" else ():
        if any(entry.group == "pytest11" for entry in each.entry_points):
            found["plugins"][each.metadata["Name"].lower().replace("_", "-")] = each.version
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What an interpreter says of itself; `problem` is why it says nothing.

    `version` is major, minor and micro; `tracer` says whether coverage.py's C tracer can be loaded there;
    `modules` are those that it was asked for and could import without the repository on its path.
    """

    path: str
    problem: str = ""
    version: tuple[int, int, int] = (0, 0, 0)
    name: str = ""
    tracer: bool = False
    packages: Mapping[str, str] = field(default_factory=dict)
    plugins: Mapping[str, str] = field(default_factory=dict)
    modules: frozenset[str] = frozenset()

    @property
    def release(self) -> str:
        """The version as people write it, such as `3.12.1`."""
        return ".".join(map(str, self.version))


def read_interpreter(
    python: str,
    folder: Path,
    modules: Sequence[str] = (),
    *,
    plugins: bool = False,
    variables: Mapping[str, str] | None = None,
) -> Interpreter:
    """Start an interpreter in `folder`, with nothing of the project, and hear what it has.

    `modules` are names to look for, `variables` are set for it. With `plugins` it lists the plugins of
    pytest, which takes longer.
    """
    program = shutil.which(python)
    if program is None:
        return Interpreter(python, _not_startable(python))
    secrets = secrets_in(os.environ, ())
    kept = {name: value for name, value in os.environ.items() if name not in secrets}
    # Not through a link: an environment is known by the place of its own `python`.
    program = os.path.abspath(program)
    try:
        finished = subprocess.run(
            [program, "-c", _PROBE, "plugins" if plugins else "", *modules],
            cwd=folder,
            env={**kept, **PINNED, **(variables or {})},
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


def own_interpreter() -> Interpreter:
    """Describe the interpreter that the gate itself runs on, which has what the gate depends on."""
    packages = {name: metadata.version(name) for name in OLDEST}
    major, minor, micro, *_ = sys.version_info
    own = Interpreter(sys.executable, "", (major, minor, micro), sys.implementation.name)
    return replace(own, tracer=_has_tracer(), packages=packages)


def why_unfit(interpreter: Interpreter) -> str:
    """Say why an interpreter cannot run the tests; empty when nothing speaks against it."""
    if interpreter.problem:
        return interpreter.problem
    if interpreter.version[:2] < OLDEST_PYTHON:
        return f"it is Python {interpreter.release}, and tests run with Python 3.11 or later"
    version = interpreter.packages.get("pytest")
    if version is None:
        return "it has no pytest"
    if numbers(version) < OLDEST["pytest"]:
        return f"its pytest is {version}, and pytest 8 is the oldest that works"
    return ""


def numbers(version: str) -> tuple[int, int]:
    """Give the first two numbers of a version in any spelling."""
    parts = [*version.split("."), "0", "0"][:2]
    major, minor = ("".join(filter(str.isdigit, part)) or "0" for part in parts)
    return int(major), int(minor)


def _has_tracer() -> bool:
    try:
        return util.find_spec("coverage.tracer") is not None
    except ImportError:
        return False


def _not_startable(python: str) -> str:
    path = Path(python)
    if path.is_symlink() and not path.exists():
        return f"{python} is a link to {os.readlink(path)}, which is not there"
    if path.is_file():
        return f"{python} is not executable"
    return f"cannot run {python}"


def _read(program: str, output: bytes, errors: bytes) -> Interpreter:
    try:
        said = json.loads(output.splitlines()[-1])
        major, minor, micro = said["version"]
        return Interpreter(
            program,
            version=(int(major), int(minor), int(micro)),
            name=str(said["name"]),
            tracer=said["tracer"] is True,
            packages={str(key): str(value) for key, value in said["packages"].items()},
            plugins={str(key): str(value) for key, value in said["plugins"].items()},
            modules=frozenset(map(str, said["modules"])),
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        last = lines[-1] if lines else "it printed no answer"
        return Interpreter(program, f"{program} is no Python that answers: {last}")
