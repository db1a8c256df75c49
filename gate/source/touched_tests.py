"""Which tests of the base a change may have weakened, read from both sides' texts.

Python files that hold tests are compared part by part; what a changed conftest or helper affects is
followed by name through all test code; so is what a new conftest does. Other files count for the tests of the
folder that they are in.
"""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from gate.model import ChangedFile, ChangedLines
from gate.source.code import SourceError
from gate.source.parts import Affected, Part, affected, functions, read_parts

Read = Callable[[str], bytes | None]

TEST_FOLDERS = frozenset({"tests", "test", "testing"})
SETTINGS = frozenset({"pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"})
_SECTIONS = ("pytest", "tool:pytest")
_ON_BASE = ("modified", "renamed", "deleted")


@dataclass(frozen=True, slots=True)
class TestFiles:
    """What the Python files of both sides are, by path.

    `collected` hold tests of the head's suite, `sources` of the base are measured, `python` are all of
    the base; `shared` says of a file of the head whether test code imports it. `code` are measured files of
    the head that are only named like tests.
    """

    __test__ = False

    collected: frozenset[str]
    sources: frozenset[str]
    python: tuple[str, ...]
    shared: Callable[[str], bool]
    code: frozenset[str] = frozenset()

    def are_tests(self, path: str, head: str | None = None) -> bool:
        """Say whether a file of the base holds tests; `head` is its path there if it has another."""
        name = PurePosixPath(path).name
        named = name.startswith("test_") or name.endswith("_test.py")
        return (named and path not in self.code) or (head or path) in self.collected

    def is_support(self, path: str) -> bool:
        """Say whether a file of the base is neither a source nor a test: a conftest, a helper, a script."""
        return path not in self.sources and not self.are_tests(path)


@dataclass(frozen=True, slots=True)
class TouchedTests:
    """The tests of the base that a change touches: by file their functions, None for all of the file.

    `known` are the functions that were read there: a test that is none of them, such as an inherited one,
    counts as touched. `settings` are changed settings of pytest, and links: they can touch any test.
    """

    files: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)
    settings: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.files or self.settings)

    def touches(self, path: str, test: str) -> bool:
        """Say whether a test of the base is touched by the text of a file; settings are not asked."""
        if path not in self.files:
            return False
        names, function = self.files[path], function_of(test)
        return (
            names is None or function in names or function not in self.known.get(path, frozenset())
        )


def function_of(test: str) -> str:
    """Give the qualified name of the function of a test's id."""
    return test.partition("::")[2].partition("[")[0].replace("::", ".")


def touched_tests(changed: ChangedLines, files: TestFiles, base: Read, head: Read) -> TouchedTests:
    """Find what a change touches; `base` and `head` read a file as it was and as it is."""
    search = _Search(files, base, head)
    for file in changed.files:
        if file.status in _ON_BASE:
            search.look_at(file)
        elif PurePosixPath(file.path).name == "conftest.py":
            search.look_at_new_conftest(file.path)
    search.follow()
    return TouchedTests(search.found, search.known, tuple(search.settings))


class _Search:
    """Files one by one, then what follows from the names that are affected in all test code."""

    def __init__(self, files: TestFiles, base: Read, head: Read) -> None:
        self.found: dict[str, frozenset[str] | None] = {}
        self.known: dict[str, frozenset[str]] = {}
        self.settings: list[str] = []
        self._files = files
        self._base = base
        self._head = head
        self._names: set[str] = set()
        self._moved: dict[str, str | None] = {}

    def look_at(self, file: ChangedFile) -> None:
        """Note what one file of the change touches by itself."""
        path = file.old_path or file.path
        self._moved[path] = None if file.status == "deleted" else file.path
        name = PurePosixPath(path).name
        if name in SETTINGS:
            self._look_at_settings(path)
        elif self._base(path) is None:
            # A symbolic link: what is reached by it has another path, or none since the change.
            self.settings.append(path)
        elif not path.endswith(".py"):
            self._look_at_data(path, file)
        elif name == "conftest.py":
            self._look_at_support(path, PurePosixPath(path).parent)
        elif self._files.are_tests(path, file.path):
            self._look_at_tests(path, file)
        elif self._files.is_support(path):
            self._look_at_support(path, None)

    def look_at_new_conftest(self, path: str) -> None:
        """A conftest that the base does not have works on the tests below it, unasked or by its names."""
        try:
            parts = read_parts(path, self._head(path) or b"")
        except SourceError:
            parts = []
        if any(part.felt and not part.within for part in parts):
            self._all_below(PurePosixPath(path).parent)
        self._names |= frozenset[str]().union(*(part.binds for part in parts if part.body))

    def follow(self) -> None:
        """Follow the affected names through all test code of the base."""
        code = [path for path in self._files.python if path not in self._files.sources]
        support = [path for path in code if self._files.is_support(path)]
        before = -1
        while before != len(self._names):
            before = len(self._names)
            for path in support:
                self._take(path, self._affected(path), PurePosixPath(path).parent)
        for path in code:
            if self._files.are_tests(path, self._moved.get(path)) and path not in self._whole():
                self._add(path, self._affected(path))

    def _whole(self) -> Collection[str]:
        return {path for path, names in self.found.items() if names is None}

    def _look_at_settings(self, path: str) -> None:
        before, after = (_settings(path, read(path) or b"") for read in (self._base, self._head))
        if before is None or before != after:
            self.settings.append(path)

    def _look_at_data(self, path: str, file: ChangedFile) -> None:
        """A file that is no Python counts for the tests of the innermost folder that holds any.

        It may hold tests itself, as doctests and cases in YAML do; of one that is gone that is not known.
        """
        parents = PurePosixPath(path).parents
        if file.status != "modified" or path in self._files.collected:
            self.found[path] = None
        if self._base(path) == self._head(path) or not any(
            TEST_FOLDERS & set(folder.parts) for folder in parents
        ):
            return
        for folder in parents:
            if self._all_below(folder):
                return

    def _look_at_support(self, path: str, folder: PurePosixPath | None) -> None:
        self._take(path, self._affected(path), folder)

    def _look_at_tests(self, path: str, file: ChangedFile) -> None:
        gone = file.status == "deleted" or file.path not in self._files.collected
        elsewhere = PurePosixPath(path).parent != PurePosixPath(file.path).parent
        found = self._affected(path)
        if gone or elsewhere:
            self.found[path] = None
        else:
            self._add(path, found)
        weaker = gone or bool(found.everything or found.names)
        if weaker and (gone or self._files.shared(file.path)):
            self._names.add(_module(path))

    def _take(self, path: str, found: Affected, folder: PurePosixPath | None) -> None:
        """Let what is affected in a file affect others: all below its folder, or who mentions it."""
        self._names |= found.names
        if found.everything and PurePosixPath(path).name == "conftest.py" and folder is not None:
            self._all_below(folder)
        elif found.everything:
            self._names.add(_module(path))

    def _all_below(self, folder: PurePosixPath) -> bool:
        below = [
            path
            for path in (*self._files.python, *self._files.collected)
            if PurePosixPath(path).is_relative_to(folder)
            and (path not in self._files.sources or self._files.are_tests(path))
        ]
        self.found |= dict.fromkeys(below)
        return any(self._files.are_tests(path, self._moved.get(path)) for path in below)

    def _add(self, path: str, found: Affected) -> None:
        if found.everything:
            self.found[path] = None
        elif found.functions:
            earlier = self.found.get(path) or frozenset()
            self.found[path] = earlier | found.functions

    def _affected(self, path: str) -> Affected:
        """Compare both sides of a file; one without a change is affected by names alone."""
        outside = frozenset(self._names)
        changed = path in self._moved
        if not (changed or outside):
            return Affected()
        source = self._base(path) if changed else self._head(path)
        if source is None or not (changed or any(name.encode() in source for name in outside)):
            return Affected()
        try:
            before = read_parts(path, source)
        except SourceError:
            # What is no Python ran no test.
            return Affected()
        try:
            after = self._parts_of_head(path) if changed else before
        except SourceError:
            return Affected(everything=True)
        self.known[path] = functions(before)
        return affected(before, after, outside)

    def _parts_of_head(self, path: str) -> list[Part]:
        now = self._moved[path]
        source = None if now is None else self._head(now)
        return [] if now is None or source is None else read_parts(now, source)


def _module(path: str) -> str:
    """Give the last part of the name that a file is imported under, which whoever imports it mentions."""
    pure = PurePosixPath(path)
    return pure.parent.name if pure.name == "__init__.py" else pure.stem


def _settings(path: str, source: bytes) -> object:
    """Give what a file tells pytest; None when it cannot be read."""
    try:
        text = source.decode()
        if path.endswith(".toml"):
            return tomllib.loads(text).get("tool", {}).get("pytest", {})
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.read_string(text)
        return {name: list(parser[name].items()) for name in _SECTIONS if name in parser}
    except (ValueError, configparser.Error):
        return None


def functions_left(changed: ChangedLines, head: Read) -> Iterator[tuple[str, str, str]]:
    """Yield body, path and qualified name of each function in the Python files of a change."""
    for file in changed.files:
        source = head(file.path) if file.path.endswith(".py") else None
        if file.status == "deleted" or source is None:
            continue
        try:
            parts = read_parts(file.path, source)
        except SourceError:
            continue
        yield from ((part.body, file.path, part.name) for part in parts if part.body)
