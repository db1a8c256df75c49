"""pytest's own configuration as text: which file it takes, and what that says of the tests to run.

Read as pytest 9 reads it (iniconfig for .ini and .cfg files); nothing of the repository is run. Only the keys
that choose tests are read: a key of another kind may hold any text.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from shlex import split
from typing import Any

from iniconfig import IniConfig, ParseError

Read = Callable[[str], bytes | None]

NAMES = (
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
)
# Each is a list of words, with what pytest has where nothing is set.
DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "testpaths": (),
    "python_files": ("test_*.py", "*_test.py"),
    "python_classes": ("Test",),
    "python_functions": ("test",),
    "norecursedirs": (
        *("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}"),
    ),
}
# A switch that chooses tests, known since pytest 8.4: without it, tests of other modules are not taken again.
IMPORTED = "collect_imported_tests"
# What pytest splits into words as a shell does; TOML's own values are lists of them.
_SPLIT = frozenset({"addopts", *DEFAULTS})
_ON = frozenset({"y", "yes", "t", "true", "on", "1"})


@dataclass(frozen=True, slots=True)
class PytestConfig:
    """What one side says: its file (empty for none), the words of each key that chooses tests, and `addopts`.

    `native` is a table of TOML's own values, which pytest knows since version 9. `problem` says why the
    file cannot be read.
    """

    file: str = ""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problem: str = ""
    native: bool = False

    def value(self, key: str) -> tuple[str, ...]:
        """Give the words of a key, or pytest's own default."""
        return self.words.get(key, DEFAULTS.get(key, ()))

    def imported_tests(self) -> bool:
        """Say whether tests that a test file imports are tests of that file too."""
        words = self.words.get(IMPORTED, ("true",))
        return " ".join(words).lower() in _ON


def candidates(arguments: Iterable[str]) -> tuple[str, ...]:
    """Name the files that pytest may take its configuration from, when started with these paths."""
    folders = {folder for start in _starts(tuple(arguments)) for folder in _upwards(start)}
    return tuple(sorted(_at(folder, name) for folder in folders for name in NAMES))


def read_config(read: Read, arguments: Iterable[str]) -> PytestConfig:
    """Find and read the configuration that pytest takes when started at the root with these paths."""
    for start in _starts(tuple(arguments)):
        for folder in _upwards(start):
            for name in NAMES:
                found = _read(read, _at(folder, name), name)
                if found is not None:
                    return found
    return PytestConfig()


def _starts(arguments: tuple[str, ...]) -> Iterator[str]:
    """Give the folders from which pytest looks upwards: what the paths have in common, then each."""
    folders = [_folder(argument.partition("::")[0]) for argument in arguments]
    if not folders:
        yield ""
        return
    common = PurePosixPath(folders[0])
    while not all(PurePosixPath(folder).is_relative_to(common) for folder in folders):
        common = common.parent
    yield "" if str(common) == "." else str(common)
    yield from folders


def _folder(path: str) -> str:
    file = PurePosixPath(path)
    folder = file.parent if file.suffix == ".py" else file
    return "" if str(folder) == "." else str(folder)


def _upwards(folder: str) -> Iterator[str]:
    yield folder
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder


def _at(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _read(read: Read, path: str, name: str) -> PytestConfig | None:
    """Read one file; None where it is not there or says nothing to pytest."""
    content = read(path)
    if content is None:
        return None
    try:
        text = content.decode()
        found = _toml(text, name) if name.endswith(".toml") else (_ini(text, name), False)
        table, native = found
        if table is None:
            return None
        words = {
            str(key): _words(str(key), value, native=native)
            for key, value in table.items()
            if key in _SPLIT or key == IMPORTED
        }
        return PytestConfig(path, words, native=native)
    except (ValueError, ParseError, TypeError, AttributeError, RecursionError) as error:
        return PytestConfig(path, problem=f"{path} cannot be read: {_reason(error)}")


def _ini(text: str, name: str) -> Mapping[str, Any] | None:
    sections = IniConfig(name, data=text)
    section = "tool:pytest" if name == "setup.cfg" else "pytest"
    if name == "setup.cfg" and section not in sections.sections and "pytest" in sections.sections:
        raise ValueError("pytest refuses the section [pytest] there: it is named [tool:pytest]")
    if section in sections.sections:
        return dict(sections[section].items())
    return {} if name.endswith("pytest.ini") else None


def _toml(text: str, name: str) -> tuple[Mapping[str, Any] | None, bool]:
    """Give the table, and whether it is one of TOML's own values."""
    document = tomllib.loads(text)
    if name != "pyproject.toml":
        return dict(document.get("pytest", {})), True
    table = dict(document.get("tool", {}).get("pytest", {}))
    ini = table.pop("ini_options", None)
    if table and ini:
        raise ValueError("[tool.pytest] and [tool.pytest.ini_options] in one file")
    return table or ini, bool(table)


def _words(key: str, value: object, *, native: bool) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(map(str, value))
    if native and key in _SPLIT:
        raise TypeError(f"{key} is a list of texts in a table of TOML's own values")
    try:
        return tuple(split(str(value)))
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error


def _reason(error: Exception) -> str:
    # iniconfig begins with the name of the file and the line.
    return f"line {error.lineno + 1}: {error.msg}" if isinstance(error, ParseError) else str(error)
