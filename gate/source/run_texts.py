"""Where a file runs a text or another file as code, which no tool measures or mutates, by `ast`."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from gate.source.code import SourceError, bound_names, full_name, parse

_BUILTINS = {"builtins.exec", "builtins.eval"}
_CALLED = {
    "runpy.run_path",
    "runpy.run_module",
    "importlib.util.spec_from_file_location",
    "importlib.machinery.SourceFileLoader",
    "importlib.machinery.SourcelessFileLoader",
    "torch.jit.CompilationUnit",
    "torch.utils.cpp_extension.load_inline",
}
_WORDS = tuple(name.rpartition(".")[2].encode() for name in _BUILTINS | _CALLED)


@dataclass(frozen=True, slots=True)
class RunText:
    """One use, from `line` to `end_line`; `text` is the whole of it on one line."""

    line: int
    end_line: int
    text: str


def find_run_texts(path: str, source: bytes) -> tuple[RunText, ...]:
    """List what runs a text or a file in a file, in its order; none where it is no Python.

    Calls of `exec` and `eval`, and either handed on as a value; calls of `runpy`, of importlib's loaders of
    a file by its path, and of what torch compiles from a text. A function or an import of one of these names
    makes it another's.
    """
    if not any(word in source for word in _WORDS):
        return ()
    try:
        tree = parse(path, source)
    except SourceError:
        return ()
    nodes = list(ast.walk(tree))
    names = _names(tree, nodes)
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    found: list[ast.expr] = [n for n in calls if full_name(n.func, names) in _CALLED | _BUILTINS]
    called = {id(node.func) for node in calls}
    given = names | dict.fromkeys(_variables(nodes), "")
    found += [
        node
        for node in nodes
        if isinstance(node, ast.Name | ast.Attribute)
        and id(node) not in called
        and full_name(node, given) in _BUILTINS
    ]
    places = (RunText(n.lineno, n.end_lineno or n.lineno, ast.unparse(n)) for n in found)
    return tuple(sorted(places, key=lambda each: (each.line, each.end_line)))


def _names(tree: ast.Module, nodes: list[ast.AST]) -> dict[str, str]:
    """Map the names of a file to what they stand for; what it defines itself stands for nothing.

    A method hides no name from what is around its class.
    """
    members = {id(each) for node in nodes if isinstance(node, ast.ClassDef) for each in node.body}
    own = {
        node.name: ""
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and id(node) not in members
    }
    return {name.rpartition(".")[2]: name for name in _BUILTINS} | own | bound_names(tree)


def _variables(nodes: list[ast.AST]) -> set[str]:
    """Name what a file assigns or takes as a parameter, such as a flag `eval`."""
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    return stored | {node.arg for node in nodes if isinstance(node, ast.arg)}
