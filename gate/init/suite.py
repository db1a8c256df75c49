"""Where the tests of a repository are, by pytest's configuration and by the names of files."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from gate.change.pytest_config import PytestConfig, read_config
from gate.init.choice import Choice, is_within
from gate.measure.files import NOT_SOURCE
from gate.source.touched_tests import TEST_FOLDERS

_MOST_FOLDERS = 8


class Suite:
    """The test files of a repository, the folders that hold them, and the paths that a policy names for them.

    `testpaths` are those of pytest's configuration, where all of them are here. `problem` says why
    pytest's configuration cannot be read.
    """

    def __init__(self, root: Path, python: Sequence[str]) -> None:
        self._config = read_config(lambda path: _read(root / path), ())
        self.python = python
        self.problem = self._config.problem
        self.files = tuple(path for path in python if self.holds_tests(path))
        self.testpaths = _named(root, self._config)
        self.folders = self.testpaths or _folders(self.files)
        self.paths = Choice((), _why_unset(self._config, self.files))

    def holds_tests(self, path: str) -> bool:
        """Say whether pytest would look for tests in a file: by its name, outside docs and tools."""
        pure = PurePosixPath(path)
        folders = frozenset(pure.parts[:-1])
        if (NOT_SOURCE - TEST_FOLDERS) & folders or any(each.startswith(".") for each in folders):
            return False
        return any(
            fnmatch(path if "/" in pattern else pure.name, pattern)
            for pattern in self._config.value("python_files")
        )

    def is_code(self, path: str) -> bool:
        """Say whether a file is neither a test nor what stands beside tests."""
        if self.holds_tests(path) or TEST_FOLDERS & set(path.split("/")[:-1]):
            return False
        top = path.partition("/")[0] if "/" in path else ""
        if top.endswith(("_test", "_tests", "-tests")) or top.startswith(("test_", "tests_")):
            return False
        return not any(is_within(path, each) and self._is_apart(each) for each in self.folders)

    def _is_apart(self, folder: str) -> bool:
        """Say whether a test folder holds no code: at least half of its files are tests."""
        files = [path for path in self.python if is_within(path, folder)]
        near = [path for path in files if not TEST_FOLDERS & set(path.split("/")[:-1])]
        return 2 * sum(map(self.holds_tests, near)) >= len(near)


def _why_unset(config: PytestConfig, test_files: Sequence[str]) -> str:
    """Say why a policy names no paths: what plain pytest runs is run, and not less."""
    if config.words.get("testpaths"):
        return f"not set, so pytest's own testpaths in {config.file} hold"
    if not test_files:
        return "no test was found, and `gate check` cannot pass before there is one"
    return "not set, so the gate runs what plain `pytest` runs"


def _named(root: Path, config: PytestConfig) -> tuple[str, ...]:
    """Give pytest's own testpaths, where all of them are here and none is a pattern."""
    paths = tuple(str(PurePosixPath(path)) for path in config.words.get("testpaths", ()))
    if any(map(glob.has_magic, paths)) or not all((root / path).exists() for path in paths):
        return ()
    return tuple(dict.fromkeys(paths))


def _folders(test_files: Sequence[str]) -> tuple[str, ...]:
    """Give the folders that hold test files, none within another; nothing where they stand in many places."""
    folders = {_folder_of(path) for path in test_files}
    named = {path for path in folders if path.rpartition("/")[2] in TEST_FOLDERS}
    if named & TEST_FOLDERS:
        folders = named
    tops = {
        path for path in folders if not any(is_within(path, other) for other in folders - {path})
    }
    return () if "." in folders or len(tops) > _MOST_FOLDERS else tuple(sorted(tops))


def _folder_of(path: str) -> str:
    """Give the outermost folder of a test file that is named after tests, else the one it is in."""
    parts = PurePosixPath(path).parts[:-1]
    for end, part in enumerate(parts, start=1):
        if part in TEST_FOLDERS:
            return "/".join(parts[:end])
    return "/".join(parts) or "."


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (OSError, ValueError):
        return None
