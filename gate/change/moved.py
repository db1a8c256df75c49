"""Code that a change takes out of what is measured: a file renamed away, a function moved away."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from gate.model import ChangedFile, Relocation
from gate.source.code import SCOPES, FunctionNode, SourceError, parse

Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Measured:
    """The files that are measured in the head, and those that were on the base."""

    head: Collection[str]
    base: Collection[str]


@dataclass(frozen=True, slots=True)
class _Definition:
    qualname: str
    line: int
    lines: int
    code: str


def moved_out(
    files: Iterable[ChangedFile], measured: Measured, base: Read, head: Read
) -> tuple[Relocation, ...]:
    """Name the code that was measured on the base and stands where nothing is measured in the head.

    A function has moved when the measured files no longer hold it and its code, word for word but for
    layout and comments, is on changed lines elsewhere. What was deleted for good has not moved.
    """
    changed = [file for file in files if file.path.endswith(".py")]
    outside = [file for file in changed if file.lines and file.path not in measured.head]
    renamed = [
        file
        for file in changed
        if file.old_path in measured.base
        and file.path not in measured.head
        and file.status == "renamed"
    ]
    found = [_whole(file, head) for file in renamed]
    if outside and len(outside) > len(renamed):
        gone = _gone(changed, measured, base, head)
        for file in outside if gone else ():
            if file not in renamed:
                found += _arrived(file, gone, head)
    return tuple(sorted(found, key=lambda each: (each.path, each.line)))


def _whole(file: ChangedFile, head: Read) -> Relocation:
    lines = len((head(file.path) or b"").splitlines())
    return Relocation(file.path, 1, file.old_path or "", "", lines)


def _gone(
    changed: Sequence[ChangedFile], measured: Measured, base: Read, head: Read
) -> dict[str, tuple[str, str]]:
    """Map the code of each function that measured files lost to its file and its name there."""
    lost: dict[str, tuple[str, str]] = {}
    kept: set[str] = set()
    for file in changed:
        old = file.old_path or file.path
        if file.path in measured.head:
            kept |= {each.code for each in _definitions(file.path, head(file.path) or b"")}
        if old in measured.base and file.status not in ("added", "untracked"):
            before = _definitions(old, base(old) or b"")
            lost |= {each.code: (old, each.qualname) for each in before}
    return {code: origin for code, origin in lost.items() if code not in kept}


def _arrived(
    file: ChangedFile, gone: dict[str, tuple[str, str]], head: Read
) -> Iterator[Relocation]:
    for each in _definitions(file.path, head(file.path) or b""):
        lines = range(each.line, each.line + each.lines)
        if each.code in gone and any(line in file.lines for line in lines):
            origin, name = gone[each.code]
            yield Relocation(file.path, each.line, origin, name, each.lines)


def _definitions(path: str, source: bytes) -> list[_Definition]:
    """List the functions and methods of a file that do something; none when it is no Python."""
    try:
        tree = parse(path, source)
    except SourceError:
        return []
    return list(_in(tree, ""))


def _in(node: ast.AST, prefix: str) -> Iterator[_Definition]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode) and _does_something(child):
            last = child.end_lineno or child.lineno
            first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
            yield _Definition(prefix + child.name, child.lineno, last - first + 1, ast.dump(child))
        elif isinstance(child, ast.ClassDef):
            yield from _in(child, f"{prefix}{child.name}.")
        elif not isinstance(child, (ast.expr, *SCOPES)):
            yield from _in(child, prefix)


def _does_something(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return not all(
        isinstance(each, ast.Pass)
        or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in node.body
    )
