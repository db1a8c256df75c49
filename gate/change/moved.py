"""Code that a change takes out of what is measured: a file renamed away, a function moved away."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from gate.model import ChangedFile, Relocation
from gate.source.code import SCOPES, FunctionNode, SourceError, does_something, parse

Read = Callable[[str], bytes | None]
# Of the words of two functions of one name: from here on one is the other, altered.
_ALIKE = 0.6
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Measured:
    """The files that are measured in the head, and those that were on the base; or those of the core."""

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

    A function has moved when the measured files no longer hold it, and on changed lines elsewhere
    stands its code, but for layout and comments, or a function of its name that is much like it. What was
    deleted for good has not moved.
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
    arrivals = [file for file in outside if file not in renamed]
    gone = _gone(changed, measured, base, head) if arrivals else None
    if gone:
        found += [each for file in arrivals for each in _arrived(file, gone, head)]
    return tuple(sorted(found, key=lambda each: (each.path, each.line)))


def _whole(file: ChangedFile, head: Read) -> Relocation:
    lines = len((head(file.path) or b"").splitlines())
    return Relocation(file.path, 1, file.old_path or "", "", lines)


@dataclass(frozen=True, slots=True)
class _Gone:
    """What measured files lost, each with the file that held it: by its code, and by its name."""

    codes: dict[str, tuple[str, str]]
    names: dict[str, tuple[str, str]]

    def origin(self, found: _Definition) -> tuple[str, str] | None:
        """Give the file and the name that a function had before; None for one that has not moved."""
        if found.code in self.codes:
            return self.codes[found.code]
        path, code = self.names.get(found.qualname, ("", ""))
        return (path, found.qualname) if path and _alike(code, found.code) else None


def _gone(
    changed: Sequence[ChangedFile], measured: Measured, base: Read, head: Read
) -> _Gone | None:
    """Find the functions that measured files lost; None when they lost none."""
    lost: list[tuple[str, _Definition]] = []
    kept: list[_Definition] = []
    for file in changed:
        old = file.old_path or file.path
        if file.path in measured.head:
            kept += _definitions(file.path, head(file.path) or b"")
        if old in measured.base and file.status not in ("added", "untracked"):
            lost += [(old, each) for each in _definitions(old, base(old) or b"")]
    codes, names = {each.code for each in kept}, {each.qualname for each in kept}
    gone = [(path, each) for path, each in lost if each.code not in codes]
    if not gone:
        return None
    return _Gone(
        {each.code: (path, each.qualname) for path, each in gone},
        {each.qualname: (path, each.code) for path, each in gone if each.qualname not in names},
    )


def _arrived(file: ChangedFile, gone: _Gone, head: Read) -> Iterator[Relocation]:
    for each in _definitions(file.path, head(file.path) or b""):
        lines = range(each.line, each.line + each.lines)
        origin = gone.origin(each)
        if origin and any(line in file.lines for line in lines):
            yield Relocation(file.path, each.line, *origin, each.lines)


def _alike(before: str, after: str) -> bool:
    """Compare the words of two functions; a moved one that is altered keeps most of them."""
    words = (_WORD.findall(before), _WORD.findall(after))
    return SequenceMatcher(None, *words, autojunk=False).ratio() >= _ALIKE


def _definitions(path: str, source: bytes) -> list[_Definition]:
    """List the functions and methods of a file that do something; none when it is no Python."""
    try:
        tree = parse(path, source)
    except SourceError:
        return []
    return list(_in(tree, ""))


def _in(node: ast.AST, prefix: str) -> Iterator[_Definition]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode) and does_something(child.body):
            last = child.end_lineno or child.lineno
            first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
            yield _Definition(
                prefix + child.name, child.lineno, last - first + 1, ast.unparse(child)
            )
        elif isinstance(child, ast.ClassDef):
            yield from _in(child, f"{prefix}{child.name}.")
        elif not isinstance(child, (ast.expr, *SCOPES)):
            yield from _in(child, prefix)
