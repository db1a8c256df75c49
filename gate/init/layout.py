"""Where a repository keeps its code and its tests, read from its files and never imported."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from gate.change.pytest_config import PytestConfig, read_config
from gate.errors import SetupError
from gate.init.hints import hinted_paths
from gate.measure.launch import NOT_SOURCE, measured_files
from gate.source.touched_tests import TEST_FOLDERS

_MOST_FOLDERS = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """Paths that were chosen, and why; without paths a default of the gate is left to hold."""

    paths: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Layout:
    """What is measured, which files that comes to, where the tests are, and the files that hold them.

    `unnamed` are paths that no policy can name.
    """

    measured: Choice
    sources: tuple[str, ...]
    tests: Choice
    test_files: tuple[str, ...]
    unnamed: tuple[str, ...] = ()


def read_layout(root: Path, python: Sequence[str], project: Mapping[str, Any]) -> Layout:
    """Find code and tests among the Python files; `project` is what pyproject.toml says.

    Raises SetupError when there is nothing to measure.
    """
    config = read_config(_reader(root), ())
    test_files = tuple(path for path in python if _is_test(path, config))
    tests = _tests(root, config, test_files)
    code = _code(python, config, tests)
    if not code:
        raise SetupError(
            "there is no Python code to measure outside of tests, docs and tools",
            "call `gate init` in the repository whose code the tests are about",
        )
    measured, unnamed = _nameable(_measured(python, code, project), measured_as=True)
    inside = [path for path in measured.paths if any(map(_below(path), test_files))]
    if inside or not measured.paths:
        measured = _by_default(measured, inside)
    sources = _sources(measured, code)
    tests, more = _nameable(tests, measured_as=False)
    return Layout(measured, sources, tests, test_files, (*unnamed, *more))


def can_be_named(path: str) -> bool:
    """Say whether a policy can name a path: what prints, without backslashes."""
    return path.isprintable() and "\\" not in path and bool(path.strip())


def _reader(root: Path) -> Any:
    def read(path: str) -> bytes | None:
        try:
            return (root / path).read_bytes()
        except (OSError, ValueError):
            return None

    return read


def _is_test(path: str, config: PytestConfig) -> bool:
    """Say whether pytest would look for tests in a file: by its name, outside docs, examples and tools."""
    pure = PurePosixPath(path)
    if any(part.startswith(".") for part in pure.parts[:-1]):
        return False
    if (NOT_SOURCE - TEST_FOLDERS) & set(pure.parts[:-1]):
        return False
    return any(
        fnmatch(path if "/" in pattern else pure.name, pattern)
        for pattern in config.value("python_files")
    )


def _tests(root: Path, config: PytestConfig, test_files: Sequence[str]) -> Choice:
    configured = config.words.get("testpaths", ())
    if configured:
        there = tuple(
            dict.fromkeys(path.strip("/") for path in configured if (root / path).exists())
        )
        if len(there) == len(configured) and not any(map(glob.has_magic, configured)):
            return Choice(there, f"testpaths of {config.file}")
        return Choice((), f"not set, so pytest's own testpaths in {config.file} hold")
    if not test_files:
        return Choice((), "no test was found: `gate check` cannot pass before there is one")
    folders = {_folder_of(path) for path in test_files}
    named = {path for path in folders if path.rpartition("/")[2] in TEST_FOLDERS}
    if named & TEST_FOLDERS:
        folders = named
    folders = {path for path in folders if not any(map(_above(path), folders))}
    if "." in folders or len(folders) > _MOST_FOLDERS:
        return Choice((), "not set, as tests stand in many places: pytest looks everywhere")
    return Choice(
        tuple(sorted(folders)), "the folders that hold files which pytest takes for tests"
    )


def _folder_of(path: str) -> str:
    """Give the outermost folder of a test file that is named after tests, else the one it is in."""
    parts = PurePosixPath(path).parts[:-1]
    for end, part in enumerate(parts, start=1):
        if part in TEST_FOLDERS:
            return "/".join(parts[:end])
    return "/".join(parts) or "."


def _code(python: Sequence[str], config: PytestConfig, tests: Choice) -> tuple[str, ...]:
    """Give the files that are neither tests nor beside them, and not docs, examples or tools."""
    apart = [path for path in tests.paths if _holds_tests_alone(path, python, config)]
    return tuple(
        path
        for path in measured_files(python, (), "")
        if not _is_test(path, config)
        and not any(map(_contains(path), apart))
        and not _looks_like_tests(path)
    )


def _holds_tests_alone(folder: str, python: Sequence[str], config: PytestConfig) -> bool:
    """Say whether a test folder holds no code: by its name, or as at least half of its files are tests."""
    if folder.rpartition("/")[2] in TEST_FOLDERS:
        return True
    files = [path for path in python if path.startswith(f"{folder}/")]
    near = [path for path in files if not TEST_FOLDERS & set(path.split("/")[:-1])]
    return 2 * sum(_is_test(path, config) for path in near) >= len(near)


def _looks_like_tests(path: str) -> bool:
    folder = PurePosixPath(path).parts[0] if "/" in path else ""
    return folder.endswith(("_test", "_tests", "-tests")) or folder.startswith(("test_", "tests_"))


def _measured(python: Sequence[str], code: Sequence[str], project: Mapping[str, Any]) -> Choice:
    """Choose what is measured: what pyproject.toml names, else packages, else folders, else modules."""
    hinted, where = hinted_paths(project, python)
    if hinted:
        return Choice(hinted, f"named by {where} of pyproject.toml")
    below = [path for path in code if path.startswith("src/")]
    if below:
        found = _tops(below, 1)
        packages = tuple(top for top in found if f"{top}/__init__.py" in below)
        if packages and len(packages) == len(found):
            return Choice(packages, "the packages in src/")
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


def _nameable(choice: Choice, *, measured_as: bool) -> tuple[Choice, tuple[str, ...]]:
    """Part what a policy can name from what it cannot; of tests all is left to pytest then."""
    odd = tuple(path for path in choice.paths if not can_be_named(path))
    if measured_as:
        return Choice(tuple(p for p in choice.paths if p not in odd), choice.why), odd
    # These go to pytest as words of its command line, which reads these signs otherwise.
    odd += tuple(
        p for p in choice.paths if p not in odd and (p[0] == "-" or set("[") & set(p) or "::" in p)
    )
    if odd:
        return Choice((), "not set, as a test folder has a name that a policy cannot give"), odd
    return choice, ()


def _by_default(measured: Choice, inside: Sequence[str]) -> Choice:
    if inside:
        why = "not set, as tests live inside the package: all code outside of tests, docs and tools"
    else:
        why = "not set, as no policy can name these folders: all code outside of tests, docs and tools"
    return Choice((), why)


def _sources(measured: Choice, code: Sequence[str]) -> tuple[str, ...]:
    if not measured.paths:
        return tuple(code)
    return tuple(path for path in code if any(map(_contains(path), measured.paths)))


def _contains(path: str) -> Any:
    return lambda folder: folder in (".", path) or path.startswith(f"{folder}/")


def _below(folder: str) -> Any:
    return lambda path: path.startswith(f"{folder}/")


def _above(path: str) -> Any:
    return lambda folder: folder != path and path.startswith(f"{folder}/")
