"""Which Python files of a repository are measured, and which of them are at or below a path."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from pathlib import PurePosixPath

from gate.errors import UsageError

# Left out where nothing is named to measure: these beside packages, tests inside of them too.
NOT_SOURCE = frozenset(
    {
        *("testing", "docs", "doc", "examples", "example"),
        *("benchmarks", "scripts", "tools", "build"),
    }
)
NOT_MODULES = frozenset({"setup.py", "noxfile.py", "tasks.py"})
_TESTS = frozenset({"tests", "test"})


def measured_files(files: Iterable[str], include: Sequence[str], origin: str) -> tuple[str, ...]:
    """Choose the files to measure; without `include` every module but tests and what stands beside packages.

    Raises UsageError for an included path that matches no Python file.
    """
    files = list(files)
    for path in include:
        if not present([path], files):
            raise UsageError(
                f"{origin}: {path!r} matches no Python file of the repository",
                "name folders or .py files relative to the repository; ignored files do not count",
            )
    return chosen(files, include)


def chosen(files: Sequence[str], include: Sequence[str]) -> tuple[str, ...]:
    """Choose the measured files as a policy does, paths that hold none left aside."""
    if include:
        measured = below(include, files)
        return tuple(file for file in files if file in measured)
    paths = [PurePosixPath(file) for file in files]
    packages = {path.parent for path in paths if path.name == "__init__.py"}
    return tuple(str(path) for path in paths if _is_source(path, packages))


def present(include: Iterable[str], files: Sequence[str]) -> tuple[str, ...]:
    """Give those of the paths at or below which there is a file."""
    return tuple(path for path in include if any(holds(path, file) for file in files))


def below(paths: Sequence[str], files: Iterable[str]) -> frozenset[str]:
    """Choose the files that are at or below one of the paths."""
    return frozenset(file for file in files if any(holds(path, file) for path in paths))


def holds(path: str, file: str) -> bool:
    """Say whether a file is at or below a path; every one is below `.`."""
    return PurePosixPath(file).is_relative_to(path)


def _is_source(path: PurePosixPath, packages: Container[PurePosixPath]) -> bool:
    if (
        path.name.startswith("test_")
        or path.name.endswith("_test.py")
        or path.name == "conftest.py"
    ):
        return False
    folders = path.parents[:-1]
    if any(each.name.startswith(".") or each.name in _TESTS for each in folders):
        return False
    beside = [each.name for each in (path, *folders) if each.parent not in packages]
    return not (NOT_MODULES | NOT_SOURCE).intersection(beside)
