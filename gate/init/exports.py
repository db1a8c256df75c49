"""Which files define what a test file imports, by their text: re-exports are followed to their origin."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gate.source.code import SourceError, parse
from gate.source.imports import ImportGraph, package_of

# A name that goes through more packages than this goes round in a circle.
_LONGEST_WAY = 8


@dataclass(frozen=True, slots=True)
class Names:
    """What a file binds at its top level: what it defines, what it imports from where, and `import *`."""

    defined: frozenset[str]
    imported: Mapping[str, str]
    stars: tuple[str, ...]


class Exports:
    """The names that the Python files of a repository hand on to each other."""

    def __init__(self, root: Path, graph: ImportGraph) -> None:
        self._root = root
        self._graph = graph
        self._names: dict[str, Names] = {}

    def used_by(self, file: str) -> frozenset[str]:
        """Name the files that define what a file imports and uses; nothing where it cannot be parsed.

        A package that is imported and of which no name is used counts for nothing.
        """
        tree = self._tree(file)
        found = (self._definer(name) for name in _used(tree, file)) if tree else ()
        return frozenset(path for path in found if path is not None)

    def _definer(self, dotted: str, way: int = 0) -> str | None:
        """Give the file that defines what is imported under a dotted name."""
        parts = dotted.split(".")
        for length in range(len(parts), 0, -1):
            file = self._graph.file_of(".".join(parts[:length]))
            if file is None:
                continue
            if length == len(parts):
                return None if file.endswith("__init__.py") else file
            return self._maker(file, parts[length], way)
        return None

    def _maker(self, file: str, name: str, way: int) -> str | None:
        """Give the file in which a name of a module is made, the module itself where nothing else says."""
        names = self._names_of(file)
        if name in names.defined or way == _LONGEST_WAY:
            return file
        if name in names.imported:
            return self._definer(names.imported[name], way + 1) or file
        for star in names.stars:
            source = self._graph.file_of(star)
            if source is not None and name in self._names_of(source).defined:
                return source
        return file

    def _names_of(self, file: str) -> Names:
        if file not in self._names:
            tree = self._tree(file)
            self._names[file] = _bound(tree, file) if tree else Names(frozenset(), {}, ())
        return self._names[file]

    def _tree(self, file: str) -> ast.Module | None:
        try:
            return parse(file, (self._root / file).read_bytes())
        except (OSError, SourceError):
            return None


def _bound(tree: ast.Module, file: str) -> Names:
    defined: set[str] = set()
    imported: dict[str, str] = {}
    stars: list[str] = []
    for node in _top_level(tree.body):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                defined.add(node.name)
            case ast.Assign() | ast.AnnAssign():
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                defined |= {each.id for each in targets if isinstance(each, ast.Name)}
            case ast.ImportFrom():
                stars += [_base(node, file) for alias in node.names if alias.name == "*"]
                imported |= dict(_bindings(node, file))
            case ast.Import():
                imported |= dict(_bindings(node, file))
    return Names(frozenset(defined), imported, tuple(stars))


def _top_level(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Give the statements that run at import, those below `if` and `try` too."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            handlers = node.handlers if isinstance(node, ast.Try) else []
            yield from _top_level(
                [*node.body, *getattr(node, "orelse", []), *(s for h in handlers for s in h.body)]
            )


def _used(tree: ast.Module, file: str) -> Iterator[str]:
    """Give the dotted names that a file imports, and those that it takes as attributes of what it imports."""
    bound: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= dict(_bindings(node, file))
            yield from (name for name in _imported(node, file))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (words := _chain(node)) and words[0] in bound:
            yield ".".join((bound[words[0]], *words[1:]))


def _imported(node: ast.Import | ast.ImportFrom, file: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = _base(node, file)
    yield from (base if alias.name == "*" else f"{base}.{alias.name}" for alias in node.names)


def _bindings(node: ast.Import | ast.ImportFrom, file: str) -> Iterator[tuple[str, str]]:
    """Give each name that an import binds, with the dotted name that it stands for."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, f"{_base(node, file)}.{alias.name}"
        elif alias.asname:
            yield alias.asname, alias.name
        else:
            top = alias.name.partition(".")[0]
            yield top, top


def _base(node: ast.ImportFrom, file: str) -> str:
    return ".".join(part for part in (package_of(file, node.level), node.module or "") if part)


def _chain(node: ast.expr) -> list[str]:
    """Give the words of `a.b.c`; nothing where it begins with anything but a name."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute) and (before := _chain(node.value)):
        return [*before, node.attr]
    return []
