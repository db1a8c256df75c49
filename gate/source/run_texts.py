"""Where a file runs a text or another file as code, which no tool measures or mutates, by `ast`."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from gate.source.code import SourceError, bound_names, parse

_BUILTIN = {"exec", "eval"}
_FULL = {"builtins.exec", "builtins.eval", "runpy.run_path", "runpy.run_module"}


@dataclass(frozen=True, slots=True)
class RunText:
    """One call, from `line` to `end_line`; `text` is the whole of it on one line."""

    line: int
    end_line: int
    text: str


def find_run_texts(path: str, source: bytes) -> tuple[RunText, ...]:
    """List the calls of `exec`, `eval` and `runpy` in a file, in its order; none where it is no Python.

    A function or an import of one of these names makes it another's.
    """
    if not any(word in source for word in (b"exec", b"eval", b"runpy")):
        return ()
    try:
        tree = parse(path, source)
    except SourceError:
        return ()
    names = bound_names(tree)
    own = set(names) | {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    found = [
        RunText(node.lineno, node.end_lineno or node.lineno, ast.unparse(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _runs(node.func, names, own)
    ]
    return tuple(sorted(found, key=lambda each: (each.line, each.end_line)))


def _runs(function: ast.expr, names: dict[str, str], own: set[str]) -> bool:
    match function:
        case ast.Name(id=name):
            return names.get(name) in _FULL or (name in _BUILTIN and name not in own)
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return f"{names.get(owner, owner)}.{name}" in _FULL
    return False
