"""Where a test file tells pytest or unittest to skip a test or to expect its failure, by `ast`."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from gate.source.code import SCOPES, SourceError, bound_names, full_name, parse

_MARKS = {"skip": "skip", "skipif": "skipif", "xfail": "xfail"}
_NAMES = {
    "pytest.skip": "skip",
    "pytest.xfail": "xfail",
    "pytest.importorskip": "importorskip",
    "unittest.skip": "skip",
    "unittest.skipIf": "skipif",
    "unittest.skipUnless": "skipif",
    "unittest.expectedFailure": "xfail",
    "unittest.SkipTest": "skip",
    "unittest.case.SkipTest": "skip",
}
_LIBRARIES = ("pytest", "unittest")


@dataclass(frozen=True, slots=True)
class Skip:
    """One place that skips; `text` is what it says, without its reason.

    `function` is the qualified name of what it is for, `body` stands for the code of that.
    """

    line: int
    end_line: int
    kind: str
    text: str
    function: str
    body: str


def find_skips(path: str, source: bytes) -> tuple[Skip, ...]:
    """List the skips of a test file in its order; none where it is no Python.

    A name that the file gives to such a mark counts wherever it is used.
    """
    try:
        tree = parse(path, source)
    except SourceError:
        return ()
    names = {
        name: origin
        for name, origin in bound_names(tree).items()
        if origin.partition(".")[0] in _LIBRARIES
    }
    names |= _aliases(tree, names)
    found = _in(tree, names, "", "")
    return tuple(sorted(found, key=lambda skip: (skip.line, skip.end_line)))


def _aliases(tree: ast.Module, names: dict[str, str]) -> dict[str, str]:
    """Map the names of this module for marks of its own to what they do."""
    aliases: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            value = node.value.func if isinstance(node.value, ast.Call) else node.value
            kind = _kind(value, names)
            for target in node.targets if kind else ():
                if isinstance(target, ast.Name) and target.id != "pytestmark":
                    aliases[target.id] = f"mark.{kind}"
    return aliases


def _in(node: ast.AST, names: dict[str, str], function: str, body: str) -> Iterator[Skip]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, SCOPES):
            name = f"{function}.{child.name}" if function else child.name
            yield from _in(child, names, name, _digest(child))
        elif isinstance(child, ast.expr):
            yield from _expression(child, names, function, body)
        else:
            yield from _in(child, names, function, body)


def _expression(node: ast.expr, names: dict[str, str], function: str, body: str) -> Iterator[Skip]:
    call = node if isinstance(node, ast.Call) else None
    kind = _kind(call.func if call else node, names)
    if kind and not isinstance(getattr(node, "ctx", None), ast.Store):
        end = node.end_lineno or node.lineno
        yield Skip(node.lineno, end, kind, _text(kind, call), function, body)
        if call is None:
            return
    for child in ast.iter_child_nodes(node):
        if not (kind and call and child is call.func):
            inner = [child] if isinstance(child, ast.expr) else list(ast.iter_child_nodes(child))
            for each in inner:
                if isinstance(each, ast.expr):
                    yield from _expression(each, names, function, body)


def _kind(node: ast.expr, names: dict[str, str]) -> str:
    """Say what a name does to a test; empty where it is no such name."""
    full = full_name(node, names).removeprefix(".")
    before, _, last = full.rpartition(".")
    if before.rpartition(".")[2] == "mark":
        return _MARKS.get(last, "")
    return "skip" if last == "skipTest" else _NAMES.get(full, "")


def _text(kind: str, call: ast.Call | None) -> str:
    """Write a skip without what does not change when it applies: its reason."""
    if call is None or kind == "skip":
        return kind
    keywords = [keyword for keyword in call.keywords if keyword.arg != "reason"]
    given = ast.Call(ast.Name(kind), call.args, keywords)
    return ast.unparse(ast.fix_missing_locations(given))


def _digest(node: ast.AST) -> str:
    body = [ast.dump(each) for each in getattr(node, "body", ())]
    return hashlib.sha256("\n".join(body).encode("utf-8", "surrogatepass")).hexdigest()
