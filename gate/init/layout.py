"""Where a repository keeps its code, read from its files and never imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gate.errors import SetupError
from gate.init.choice import Choice, can_be_named, is_within
from gate.init.hints import hinted_paths
from gate.init.suite import Suite
from gate.measure.files import measured_files

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Layout:
    """What a policy names as measured, and the code in that: files, tests left out."""

    measured: Choice
    sources: tuple[str, ...]


def read_layout(python: Sequence[str], suite: Suite, project: Mapping[str, Any]) -> Layout:
    """Find the code among the Python files; `project` is what pyproject.toml says.

    Raises SetupError when there is nothing to measure.
    """
    code = tuple(filter(suite.is_code, measured_files(python, (), "")))
    chosen = _chosen(python, code, project)
    sources = tuple(
        path
        for path in filter(suite.is_code, python)
        if any(is_within(path, each) for each in chosen.paths)
    )
    if not sources:
        raise SetupError(
            "there is no Python code to measure outside of tests, docs and tools",
            "call `gate init` in the repository whose code the tests are about",
        )
    left_to_the_default = _why_not_named(chosen, suite)
    if left_to_the_default:
        beside = [path for path in code if path not in sources]
        also = f", {_some(beside)} too" if beside else ""
        why = f"not set, as {left_to_the_default}: all code outside of tests, docs and tools{also}"
        return Layout(Choice((), why), code)
    return Layout(chosen, sources)


def _why_not_named(chosen: Choice, suite: Suite) -> str:
    """Say why a policy should not name these paths, or nothing."""
    odd = [path for path in chosen.paths if not can_be_named(path)]
    if odd:
        return f"no policy can name {odd[0]!r}"
    mixed = [each for each in chosen.paths if any(is_within(file, each) for file in suite.files)]
    if mixed:
        return f"{mixed[0]} holds its tests, which would be measured as code"
    return ""


def _chosen(python: Sequence[str], code: Sequence[str], project: Mapping[str, Any]) -> Choice:
    """Choose what is measured: what pyproject.toml names, else packages, else folders, else modules."""
    hinted, where = hinted_paths(project, python)
    if hinted:
        return Choice(hinted, f"named by {where} of pyproject.toml")
    below = [path for path in code if path.startswith("src/")]
    if below:
        tops = _tops(below, 1)
        if all(f"{top}/__init__.py" in below for top in tops):
            return Choice(tops, "the packages in src/")
        return Choice(("src",), "the code in src/")
    tops = _tops(code, 0)
    packages = tuple(top for top in tops if f"{top}/__init__.py" in code)
    if packages:
        return Choice(packages, "the packages at the root: folders with an __init__.py")
    folders = tuple(top for top in tops if not top.endswith(".py"))
    if folders:
        return Choice(folders, "the folders with Python files, as none has an __init__.py")
    return Choice(tops, "the modules at the root, as there is no package")


def _tops(paths: Iterable[str], depth: int) -> tuple[str, ...]:
    return tuple(sorted({"/".join(path.split("/")[: depth + 1]) for path in paths}))


def _some(paths: Sequence[str]) -> str:
    more = len(paths) - _MOST_NAMED
    return ", ".join(paths[:_MOST_NAMED]) + (f" and {more} more files" if more > 0 else "")
