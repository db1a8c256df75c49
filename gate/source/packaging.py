"""What a project's packaging tools make of the gate's files at its root, by their settings as text.

setuptools takes every folder at the root for a package where nothing names the packages (flat layout).
hatchling puts everything into a source distribution that the .gitignore at the root does not name.
"""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.policy.model import PLACES
from gate.source.texts import text_or_nothing

_FIRST, _SECOND = PLACES
_FOLDER = _SECOND.partition("/")[0]
_RESULTS = ".gate/"
# Settings by which a project says itself what its packages are.
_NAMED = frozenset({"packages", "py-modules", "package-dir", "ext-modules"})
_IN_SETUP = re.compile(r"\b(?:packages|py_modules|package_dir|ext_modules)\b")
# Files that may have check-manifest run.
_CALLERS = ("pyproject.toml", "setup.cfg", "tox.ini", ".pre-commit-config.yaml", "MANIFEST.in")


@dataclass(frozen=True, slots=True)
class Risk:
    """What a tool makes of a file of the gate, and what to do so that it does not."""

    message: str
    remedy: str


def packaging_risks(root: Path) -> Iterator[Risk]:
    """Name what the project's own packaging would do to the gate's files, or because of them."""
    project = _project(root)
    if (root / _FOLDER).is_dir() and (root / _SECOND).exists() and _discovers(root, project):
        yield Risk(
            f"setuptools finds the packages by itself and takes the folder {_FOLDER}/ for one, so the "
            "project cannot be built as it should",
            f"git mv {_SECOND} {_FIRST}",
        )
    if _is_distributed_by_hatchling(project) and not _ignores_results(root):
        yield Risk(
            f"hatchling puts {_RESULTS} into a source distribution that is built in this folder",
            f"add the line /{_RESULTS} to .gitignore",
        )
    if _checks_manifest(root) and not re.search(r"\bgate\.toml\b|\*\.toml", _manifest(root)):
        yield Risk(
            f"check-manifest wants to know whether {_FIRST} is distributed",
            f"add the line `exclude {_FIRST}` to MANIFEST.in",
        )


def _project(root: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text_or_nothing(root / "pyproject.toml"))
    except tomllib.TOMLDecodeError:
        return {}


def _table(found: Any, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _backend(project: Mapping[str, Any]) -> str:
    return str(_table(project, "build-system").get("build-backend", ""))


def _discovers(root: Path, project: Mapping[str, Any]) -> bool:
    """Say whether setuptools builds the project and looks for its packages by itself at the root."""
    backend = _backend(project)
    is_project = "project" in project or (root / "setup.py").exists() or _options(root) is not None
    if (backend and not backend.startswith("setuptools")) or not (backend or is_project):
        return False
    if (root / "src").is_dir() or (root / _FOLDER / "__init__.py").exists():
        return False
    named = {*_table(project, "tool", "setuptools"), *(_options(root) or ())}
    return not named & _NAMED and not _IN_SETUP.search(text_or_nothing(root / "setup.py"))


def _options(root: Path) -> frozenset[str] | None:
    """Name what setup.cfg sets in [options], with hyphens; None where there is no such section."""
    settings = configparser.RawConfigParser(strict=False)
    try:
        settings.read_string(text_or_nothing(root / "setup.cfg"))
        if not settings.has_section("options"):
            return None
        return frozenset(name.replace("_", "-") for name in settings.options("options"))
    except configparser.Error:
        return None


def _is_distributed_by_hatchling(project: Mapping[str, Any]) -> bool:
    """Say whether hatchling puts everything into a source distribution, the results included."""
    if not _backend(project).startswith("hatchling"):
        return False
    settings = [_table(project, "tool", "hatch", "build")]
    settings.append(_table(settings[0], "targets", "sdist"))
    chosen = any({"include", "only-include"} & set(table) for table in settings)
    return not chosen and not any(".gate" in str(table.get("exclude")) for table in settings)


def _ignores_results(root: Path) -> bool:
    lines = (line.strip().strip("/") for line in text_or_nothing(root / ".gitignore").splitlines())
    return bool({_RESULTS.strip("/"), ".*", ".gate/*", ".gate/**"} & set(lines))


def _checks_manifest(root: Path) -> bool:
    return any("check-manifest" in text_or_nothing(root / name) for name in _CALLERS)


def _manifest(root: Path) -> str:
    return text_or_nothing(root / "MANIFEST.in")
