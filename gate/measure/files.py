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
_TEST_MODULES = frozenset({"tests.py", "test.py"})


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


def looks_like_test(file: str) -> bool:
    """Say whether a file is named as tests are, or lies in a folder that is."""
    path = PurePosixPath(file)
    return _is_named_like_test(path) or path.name in _TEST_MODULES or test_folder(file) is not None


def test_folder(file: str) -> str | None:
    """Give the outermost folder named after tests that a file lies in."""
    folders = PurePosixPath(file).parents[:-1]
    return next((str(folder) for folder in reversed(folders) if folder.name in _TESTS), None)


def doubtful_files(files: Sequence[str], include: Sequence[str]) -> tuple[str, ...]:
    """Name the files that `chosen` leaves out by their name alone, though they stand where code does.

    That is inside of a package, or beside measured files when the file and not a folder is named like tests.
    Nothing is doubtful where `include` says what is measured.
    """
    if include:
        return ()
    paths = [PurePosixPath(file) for file in files]
    packages = {path.parent for path in paths if path.name == "__init__.py"}
    beside = {path.parent for path in paths if _is_source(path, packages)}
    return tuple(
        str(path)
        for path in paths
        if path.name != "conftest.py"
        and not _is_source(path, packages)
        and _stands_with_code(path, packages)
        and _is_near_code(path, packages, beside)
    )


def _is_near_code(
    path: PurePosixPath, packages: Container[PurePosixPath], beside: Container[PurePosixPath]
) -> bool:
    folder = test_folder(str(path))
    around = path.parent if folder is None else PurePosixPath(folder).parent
    within = any(each in packages for each in (around, *around.parents))
    return within or (folder is None and around in beside)


def _is_source(path: PurePosixPath, packages: Container[PurePosixPath]) -> bool:
    return not looks_like_test(str(path)) and _stands_with_code(path, packages)


def _is_named_like_test(path: PurePosixPath) -> bool:
    return (
        path.name.startswith("test_")
        or path.name.endswith("_test.py")
        or path.name == "conftest.py"
    )


def _stands_with_code(path: PurePosixPath, packages: Container[PurePosixPath]) -> bool:
    """Say whether a file is neither hidden nor among what stands beside packages."""
    folders = path.parents[:-1]
    if any(each.name.startswith(".") for each in folders):
        return False
    beside = [each.name for each in (path, *folders) if each.parent not in packages]
    return not (NOT_MODULES | NOT_SOURCE).intersection(beside)
