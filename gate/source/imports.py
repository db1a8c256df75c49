"""Which files of the repository import which, read from their text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

_IMPORT = re.compile(
    r"(?:^|[;:])[ \t]*(?:from[ \t]+([.\w]+)[ \t]*import\b[ \t]*(\([^)]*\)|[^\n;]*)|import[ \t]+([^\n;]+))",
    re.MULTILINE,
)
_COMMENT = re.compile(r"#[^\n]*")
# Calls and a name by which a module is imported whose name stands there as a string.
_BY_NAME = re.compile(
    r"\b(?:import_module|importorskip|__import__|run_module)\(\s*[\"'](\w[\w.]*)[\"']"
    r"|\bpytest_plugins\b[^=\n]*=\s*(\[[^\]]*\]|\([^)]*\)|[^\n]*)"
)
_STRING = re.compile(r"[\"'](\w[\w.]*)[\"']")
_PROMPT = re.compile(r"^[ \t]*(?:>>>|\.\.\.)", re.MULTILINE)


class ImportGraph:
    """The imports among the Python files of a repository, wherever in a file they stand."""

    def __init__(self, root: Path, files: Iterable[str]) -> None:
        self.root = root
        self._files = frozenset(files)
        self._names = _names(self._files)
        self._imported_by: dict[str, set[str]] = {}
        for file in sorted(self._files):
            for imported in self._imports(file):
                self._imported_by.setdefault(imported, set()).add(file)

    def add_collected(self, tests: Iterable[str], plugins: Iterable[str]) -> None:
        """Add what only a collection shows, by the files of its tests.

        Tests rely on what the examples of their file import (`>>> import pkg`), on the conftests above a file
        that is not Python, and on the project's own plugins of pytest.
        """
        plugins = frozenset(plugins)
        for file in frozenset(tests):
            for imported in plugins.union(self._of_examples(file)) - {file}:
                self._imported_by.setdefault(imported, set()).add(file)

    def importers(self, path: str) -> frozenset[str]:
        """Name the files that import `path`, directly or through others, and `path` itself."""
        found = {path}
        waiting = [path]
        while waiting:
            for file in self._imported_by.get(waiting.pop(), set()) - found:
                found.add(file)
                waiting.append(file)
        return frozenset(found)

    def named_by(self, path: str) -> frozenset[str]:
        """Name the files that import `path` themselves, not through others."""
        return frozenset(self._imported_by.get(path, ()))

    def file_of(self, name: str) -> str | None:
        """Give the file of a module by its dotted name, from any folder on; None where there is none."""
        return self._names.get(name)

    def _imports(self, file: str) -> Iterator[str]:
        source = self._text(file)
        if source is not None:
            yield from self._conftests(file)
            yield from self._named(source, file)

    def _of_examples(self, file: str) -> Iterator[str]:
        source = self._text(file) or ""
        if file not in self._files:
            yield from self._conftests(file)
        if _PROMPT.search(source):
            yield from self._named(_PROMPT.sub("", source), file)

    def _text(self, file: str) -> str | None:
        try:
            return (self.root / file).read_bytes().decode("utf-8", "replace")
        except OSError:
            return None

    def _named(self, source: str, file: str) -> Iterator[str]:
        for name in _imported_names(source, file):
            yield from self._found(name)

    def _conftests(self, file: str) -> Iterator[str]:
        """Imported by pytest before any test file below their folder."""
        for folder in PurePosixPath(file).parents:
            conftest = (folder / "conftest.py").as_posix()
            if conftest != file and conftest in self._files:
                yield conftest

    def _found(self, name: str) -> Iterator[str]:
        """The file of a module, and of the packages around it, whose `__init__` runs first."""
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            file = self._names.get(".".join(parts[:length]))
            if file is not None:
                yield file


def _names(files: Iterable[str]) -> dict[str, str]:
    """Map every dotted name under which a file may be imported to the file, the longest last."""
    names: dict[str, str] = {}
    for file in sorted(files):
        parts = PurePosixPath(file).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        for start in range(len(parts)):
            names.setdefault(".".join(parts[start:]), file)
        names[".".join(parts)] = file
    return names


def _imported_names(source: str, file: str) -> Iterator[str]:
    """Yield what import statements name; text that only looks like one makes the graph larger, not wrong."""
    for match in _IMPORT.finditer(source.replace("\\\n", " ")):
        module, names, plain = match.groups()
        if plain is not None:
            yield from _first_words(plain)
            continue
        level = len(module) - len(module.lstrip("."))
        base = ".".join(part for part in (package_of(file, level), module[level:]) if part)
        yield base
        yield from (f"{base}.{name}" if base else name for name in _first_words(names.strip("()")))
    for name, plugins in _BY_NAME.findall(source):
        yield from _STRING.findall(plugins) if plugins else (name,)


def _first_words(names: str) -> Iterator[str]:
    """Yield `a` and `b` of `a as x, b`, comments aside."""
    for part in _COMMENT.sub("", names).split(","):
        words = part.split()
        if words:
            yield words[0]


def package_of(file: str, level: int) -> str:
    """Name the package that a relative import of `level` dots starts from."""
    if level == 0:
        return ""
    parts = PurePosixPath(file).parts
    return ".".join(parts[: len(parts) - level])
