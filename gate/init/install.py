"""How a project is installed for its tests, as lines of a shell, from the files that say so."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from gate.init.hints import table

# What the gate needs beside the project, in the interpreter that runs the tests.
NEEDED = ("pytest>=8", "coverage>=7.10")
PYTHON = "$RUNNER_TEMP/project/bin/python"
OLDEST = 11
_TESTS = ("test", "tests", "testing")
_DEVELOPMENT = ("dev", "develop", "development")


@dataclass(frozen=True, slots=True)
class Install:
    """The lines that install a project into a virtual environment of its own, and why these."""

    lines: tuple[str, ...]
    why: str


def install_of(files: Iterable[str], project: Mapping[str, Any], folder: str = "") -> Install:
    """Say how a project is installed: by uv or poetry where it has their lock file, else by pip.

    `folder` is that of one project of several, relative to the repository; `files` are relative to it.
    """
    install = _install(frozenset(files), project)
    return (
        replace(install, lines=(f"cd {_quoted([folder])}", *install.lines)) if folder else install
    )


def _install(there: frozenset[str], project: Mapping[str, Any]) -> Install:
    if "uv.lock" in there:
        return _by_uv()
    if "poetry.lock" in there or "poetry" in (table(project, ("tool",)) or {}):
        return _by_poetry()
    return _by_pip(there, project)


def python_version(project: Mapping[str, Any], pinned: str = "") -> tuple[str, str]:
    """Give the version of Python to test with, 3.11 or later, and why; `pinned` is .python-version's."""
    match = re.fullmatch(r"3\.(\d+)(?:\.\d+)?\s*", pinned)
    if match and int(match[1]) >= OLDEST:
        return f"3.{match[1]}", "as .python-version says"
    wanted = table(project, ("project", "requires-python"))
    if not isinstance(wanted, str):
        wanted = table(project, ("tool", "poetry", "dependencies", "python"))
    least, most = _bounds(str(wanted or ""))
    if least > OLDEST:
        return f"3.{least}", "the oldest that the project allows"
    if most < OLDEST:
        why = "the oldest that the gate runs tests with, and the project allows only older ones"
        return f"3.{OLDEST}", why
    return f"3.{OLDEST}", "the oldest that the gate runs tests with"


def _bounds(wanted: str) -> tuple[int, float]:
    """Give the oldest and the newest minor version of Python 3 that a specifier allows, as far as it says."""
    least = [int(minor) for minor in re.findall(r"(?:>=|\^|~=|~|==)\s*3\.(\d+)", wanted)]
    below = [int(minor) - 1 for minor in re.findall(r"<\s*3\.(\d+)", wanted)]
    most = [int(minor) for minor in re.findall(r"(?:<=|==)\s*3\.(\d+)", wanted)]
    return max(least, default=0), min((*below, *most), default=math.inf)


def _by_uv() -> Install:
    return Install(
        (
            'python -m venv "$RUNNER_TEMP/uv"',
            '"$RUNNER_TEMP/uv/bin/python" -m pip install uv',
            'export UV_PROJECT_ENVIRONMENT="$RUNNER_TEMP/project" PATH="$RUNNER_TEMP/uv/bin:$PATH"',
            "uv sync --locked --all-extras --all-groups --python python",
            f'uv pip install --python "{PYTHON}" {_quoted(NEEDED)}',
        ),
        "by uv, as there is a uv.lock",
    )


def _by_poetry() -> Install:
    return Install(
        (
            'python -m venv "$RUNNER_TEMP/poetry"',
            '"$RUNNER_TEMP/poetry/bin/python" -m pip install poetry',
            'python -m venv "$RUNNER_TEMP/project"',
            "# Poetry installs into the environment that is active.",
            '. "$RUNNER_TEMP/project/bin/activate"',
            '"$RUNNER_TEMP/poetry/bin/poetry" install --no-interaction --all-extras',
            f'"{PYTHON}" -m pip install {_quoted(NEEDED)}',
        ),
        "by poetry, as pyproject.toml and the lock file say",
    )


def _by_pip(files: frozenset[str], project: Mapping[str, Any]) -> Install:
    requirements = _requirements(files)
    extras = _chosen(table(project, ("project", "optional-dependencies")))
    groups = _chosen(table(project, ("dependency-groups",)))
    words = [word for name in requirements for word in ("-r", name)]
    words += [word for name in groups for word in ("--group", name)]
    installable = "setup.py" in files or bool({"build-system", "project"} & set(project))
    if installable:
        words += ["-e", f".[{','.join(extras)}]" if extras else "."]
    why = "by pip: " + ", ".join(
        [*requirements, *(f"group {name}" for name in groups)]
        + (["the project itself, in place"] if installable else [])
        + [f"its extra {name}" for name in extras if installable]
    )
    if not words:
        why = "nothing says what the tests need: add it to the last line"
    return Install(
        (
            'python -m venv "$RUNNER_TEMP/project"',
            *([f'"{PYTHON}" -m pip install --upgrade pip'] if groups else []),
            f'"{PYTHON}" -m pip install {_quoted([*words, *NEEDED])}',
        ),
        why,
    )


def _requirements(files: frozenset[str]) -> tuple[str, ...]:
    """Name requirements.txt, and beside it those files that name tests, or else development."""
    named = sorted(
        path
        for path in files
        if path.endswith(".txt") and path.isprintable() and path.count("/") <= 1 and _requires(path)
    )
    of_tests = [path for path in named if re.search(r"test|ci\b", path)]
    of_development = [path for path in named if "dev" in path]
    first = [path for path in ("requirements.txt", "requirements/base.txt") if path in files][:1]
    return tuple(dict.fromkeys([*first, *(of_tests or of_development)]))


def _requires(path: str) -> bool:
    pure = PurePosixPath(path)
    return "requirements" in pure.name if "/" not in path else pure.parts[0] == "requirements"


def _chosen(named: Any) -> tuple[str, ...]:
    """Choose the extra or group of the tests, else that of development."""
    names = [name for name in named if isinstance(name, str)] if isinstance(named, Mapping) else []
    for wanted in (_TESTS, _DEVELOPMENT):
        found = [name for name in wanted if name in names]
        if found:
            return tuple(found[:1])
    return ()


def _quoted(words: Sequence[str]) -> str:
    return shlex.join(words)
