"""What pyproject.toml says of the packages that a project ships, where it says so plainly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

_HATCH = ("tool", "hatch", "build", "targets", "wheel", "packages")
_SETUPTOOLS = ("tool", "setuptools")
_POETRY = ("tool", "poetry", "packages")
_FLIT = ("tool", "flit", "module", "name")


def hinted_paths(project: Mapping[str, Any], python: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Give the folders and modules that the project ships, and the table that names them.

    Nothing where a name leads to no Python file here.
    """
    for where, paths in _hints(project):
        found = tuple(dict.fromkeys(str(PurePosixPath(path)) for path in paths))
        if found and all(_is_there(path, python) for path in found):
            return found, where
    return (), ""


def table(project: Mapping[str, Any], keys: Iterable[str]) -> Any:
    """Follow keys into nested tables; None where one is missing or no table."""
    found: Any = project
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def words(value: Any) -> list[str]:
    """Give the texts of an array; nothing for anything else."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _hints(project: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    yield "[tool.hatch.build.targets.wheel]", words(table(project, _HATCH))
    yield "[tool.setuptools]", list(_setuptools(project))
    yield "[tool.poetry]", list(_poetry(project))
    name = table(project, _FLIT)
    if isinstance(name, str):
        yield "[tool.flit.module]", [name.replace(".", "/")]


def _setuptools(project: Mapping[str, Any]) -> Iterator[str]:
    settings = table(project, _SETUPTOOLS)
    folder = table(settings or {}, ("package-dir", ""))
    base = f"{folder.strip('/')}/" if isinstance(folder, str) and folder.strip("./") else ""
    for name in words(table(settings or {}, ("packages",))):
        if "." not in name:
            yield f"{base}{name}"
    for name in words(table(settings or {}, ("py-modules",))):
        yield f"{base}{name.replace('.', '/')}.py"


def _poetry(project: Mapping[str, Any]) -> Iterator[str]:
    entries = table(project, _POETRY)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and isinstance(entry.get("include"), str):
            folder = entry.get("from")
            yield f"{folder}/{entry['include']}" if isinstance(folder, str) else entry["include"]


def _is_there(path: str, python: Sequence[str]) -> bool:
    return path in python or any(file.startswith(f"{path}/") for file in python)
