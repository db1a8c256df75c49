"""What a change has measured code import that is not measured: there nobody would see what is wrong.

A file counts under each name by which measured code can import it: that from the root of the repository,
and that from the folder around a measured package, as in a `src` layout. Where a changed file touches the
path of imports, any folder may be on it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import PurePosixPath

from gate.change.moved import Measured
from gate.model import ChangedFile, UnmeasuredImport
from gate.source.code import SourceError, does_something, parse

Read = Callable[[str], bytes | None]
_TOUCHES_PATH = (b"sys.path", b"addsitedir")
_BY_NAME = {"import_module", "__import__"}


def new_imports(
    files: Iterable[ChangedFile],
    python: Collection[str],
    measured: Measured,
    base: Read,
    head: Read,
) -> tuple[UnmeasuredImport, ...]:
    """Name the imports of the repository's unmeasured files that no measured file has on the base.

    `python` are the Python files of the head; a file without code is of no interest.
    """
    changed = {file.path: file for file in files if file.path.endswith(".py")}
    outside = [path for path in python if path not in measured.head]
    roots, roots_then = _roots(measured.head), _roots(measured.base)
    edited = [path for path in measured.head if path in changed and changed[path].lines]
    anywhere = any(word in (head(path) or b"") for path in edited for word in _TOUCHES_PATH)
    now = _Imports(head)
    then = _Imports(lambda path: (base if path in changed else head)(path) or base(path))
    found = []
    for target in outside:
        file = changed.get(target)
        names = _names(target, roots, anywhere)
        there = now.of(measured.head if _is_new(file) else edited, names)
        if there and _has_code(target, head):
            old = file.old_path or target if file else target
            names_then = _names(old, roots_then, anywhere)
            known = base(old) is not None and then.of(measured.base, names_then)
            if not known:
                found += [UnmeasuredImport(path, line, target) for path, line in there.items()]
    return tuple(sorted(found, key=lambda each: (each.path, each.line, each.imported)))


def _is_new(file: ChangedFile | None) -> bool:
    return file is not None and file.status != "modified"


def _roots(measured: Collection[str]) -> frozenset[PurePosixPath]:
    """The folders from which measured code is imported: around its topmost packages, and the root."""
    packages = {PurePosixPath(p).parent for p in measured if p.endswith("/__init__.py")}
    roots = {PurePosixPath()}
    for path in measured:
        folder = PurePosixPath(path).parent
        while folder in packages:
            folder = folder.parent
        roots.add(folder)
    return frozenset(roots)


def _names(target: str, roots: frozenset[PurePosixPath], anywhere: bool) -> frozenset[str]:
    path = PurePosixPath(target)
    roots = roots | frozenset(path.parents) if anywhere else roots
    module = path.parent if path.name == "__init__.py" else path.with_suffix("")
    below = [module.relative_to(root) for root in roots if module.is_relative_to(root)]
    return frozenset(".".join(each.parts) for each in below if each.parts)


class _Imports:
    """What files of one side import; each is parsed once, and only if it may matter."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._parsed: dict[str, tuple[tuple[str, int], ...]] = {}

    def of(self, importers: Iterable[str], names: Collection[str]) -> dict[str, int]:
        """Map those that import one of these modules, or something of it, to the first line that does."""
        words = {name.rpartition(".")[2].encode() for name in names}
        found: dict[str, int] = {}
        for path in importers:
            source = self._read(path) or b""
            if any(word in source for word in words):
                lines = [
                    line
                    for name, line in self._imports(path, source)
                    if any(_is_of(name, module) for module in names)
                ]
                found |= {path: min(lines)} if lines else {}
        return found

    def _imports(self, path: str, source: bytes) -> tuple[tuple[str, int], ...]:
        if path not in self._parsed:
            self._parsed[path] = tuple(_imported(path, source))
        return self._parsed[path]


def _is_of(imported: str, module: str) -> bool:
    return imported == module or imported.startswith(f"{module}.")


def _imported(path: str, source: bytes) -> Iterator[tuple[str, int]]:
    """Yield what a file imports, by its dotted name and line; nothing when it is no Python."""
    try:
        tree = parse(path, source)
    except SourceError:
        return
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((each.name, node.lineno) for each in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                around = PurePosixPath(path).parts[:-level]  # none where it is absolute
                start = ".".join([*around, *([module] if module else [])])
                yield from (
                    (f"{start}.{each.name}" if start else each.name, node.lineno) for each in names
                )
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if _loads(node.func):
                yield name, node.lineno


def _loads(function: ast.expr) -> bool:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _BY_NAME
    return False


def _has_code(target: str, head: Read) -> bool:
    try:
        return does_something(parse(target, head(target) or b"").body)
    except SourceError:
        return False
