"""Which mutants belong to what a change touches: whole functions, and statements outside of them.

A function is touched when its code differs from the base's, by `ast`: a deleted line counts, moved or
reformatted code, comments and docstrings do not.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from gate.model import ChangedFile, ChangedLines, Mutant
from gate.source.code import SourceError, parse

Read = Callable[[str], bytes | None]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Touched:
    """The touched functions and statements of changed files; `base` reads a file as it was."""

    def __init__(self, root: Path, changed: ChangedLines, base: Read) -> None:
        self._files: dict[str, ChangedFile] = {file.path: file for file in changed.files}
        self._root = root
        self._base = base
        self._functions: dict[str, frozenset[str]] = {}

    def files(self) -> frozenset[str]:
        """Name the files that the change leaves behind."""
        return frozenset(path for path, file in self._files.items() if file.status != "deleted")

    def wanted(self, mutant: Mutant) -> bool:
        """Say whether a mutant is in a touched function, or in a touched statement outside of any."""
        if mutant.path not in self._files:
            return False
        if mutant.unit is not None:
            return mutant.unit.qualname in self._touched(mutant.path)
        return self.edited(mutant)

    def edited(self, mutant: Mutant) -> bool:
        """Say whether the change adds or edits a line of a mutant."""
        file = self._files.get(mutant.path)
        lines = file.lines if file else frozenset()
        return any(line in lines for line in range(mutant.line, mutant.end_line + 1))

    def _touched(self, path: str) -> frozenset[str]:
        if path not in self._functions:
            file = self._files[path]
            head = _functions(path, (self._root / path).read_bytes())
            base = _functions(path, self._base(file.old_path or path) or b"")
            self._functions[path] = frozenset(
                name for name, code in head.items() if base.get(name) != code
            )
        return self._functions[path]


def _functions(path: str, source: bytes) -> Mapping[str, str]:
    """Describe the outermost functions and methods of a file by qualified name; none when it is no Python."""
    try:
        tree = parse(path, source)
    except SourceError:
        return {}
    described: dict[str, str] = {}
    for name, node in _outermost(tree, ""):
        described[name] = described.get(name, "") + ast.dump(_Undocumented().visit(node))
    return described


class _Undocumented(ast.NodeTransformer):
    """Takes statements away that are nothing but a text: no mutant is made of them."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if text else node


def _outermost(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _FUNCTIONS):
            yield prefix + child.name, child
        elif isinstance(child, ast.ClassDef):
            yield from _outermost(child, f"{prefix}{child.name}.")
        else:
            yield from _outermost(child, prefix)
