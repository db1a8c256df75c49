"""What a change has measured code import that is not measured: there nobody would see what is wrong.

A file counts under each name by which measured code can import it: that from the root of the repository,
that from the folder around a measured package, as in a `src` layout, and each under which it was imported
while the tests ran, whatever link or path led there. So does what is no Python file and was imported all the
same: bytecode, an extension, an archive.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import PurePosixPath

from gate.change.moved import Measured
from gate.measure.files import holds
from gate.model import ChangedFile, UnmeasuredImport
from gate.source.code import SourceError, does_something, parse

Read = Callable[[str], bytes | None]
_BY_NAME = {"import_module", "__import__"}


def new_imports(
    files: Iterable[ChangedFile],
    python: Collection[str],
    measured: Measured,
    base: Read,
    head: Read,
    loaded: Collection[tuple[str, str]],
) -> tuple[UnmeasuredImport, ...]:
    """Name the imports of the repository's unmeasured files that no measured file has on the base.

    `python` are the Python files of the head; a file without code is of no interest. `loaded` are the modules
    that were imported, each with its file.
    """
    changed = {file.path: file for file in files}
    regular = frozenset(python)
    others = [path for path in changed if path not in regular]
    loaded_as = _by_file(loaded, others)
    outside = [path for path in (*python, *loaded_as.keys() & others) if path not in measured.head]
    roots, roots_then = _roots(measured.head), _roots(measured.base)
    edited = [path for path in measured.head if path in changed and changed[path].lines]
    now = _Imports(head)
    then = _Imports(lambda path: (base if path in changed else head)(path) or base(path))
    found = []
    for target in outside:
        file = changed.get(target)
        found_as = loaded_as.get(target, frozenset())
        names = _names(target, roots) | found_as
        there = now.of(measured.head if _is_new(file) else edited, names)
        if there and _has_code(target, head):
            old = file.old_path or target if file else target
            existed = base(old) is not None or not _is_new(file)
            names_then = _names(old, roots_then | _led_to(target, found_as)) | found_as
            known = existed and then.of(measured.base, names_then)
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


def _by_file(
    loaded: Iterable[tuple[str, str]], others: Collection[str]
) -> dict[str, frozenset[str]]:
    """Map files to the names as which they were imported; what is within one of the `others` is that one."""
    found: dict[str, frozenset[str]] = {}
    for name, file in loaded:
        target = next((other for other in others if holds(other, file)), file)
        found[target] = found.get(target, frozenset()) | {name}
    return found


def _led_to(target: str, names: Iterable[str]) -> frozenset[PurePosixPath]:
    """The folders that were on the path of imports, as a file below them was imported by these names."""
    parts = _module(target).parts
    ends = [name.split(".") for name in names]
    lengths = [len(end) for end in ends if list(parts[-len(end) :]) == end]
    return frozenset(PurePosixPath(*parts[:-length]) for length in lengths)


def _names(target: str, roots: frozenset[PurePosixPath]) -> frozenset[str]:
    module = _module(target)
    below = [module.relative_to(root) for root in roots if module.is_relative_to(root)]
    return frozenset(".".join(each.parts) for each in below if each.parts)


def _module(path: str) -> PurePosixPath:
    file = PurePosixPath(path)
    return file.parent if file.name == "__init__.py" else file.with_suffix("")


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
    if not target.endswith(".py"):
        return True
    try:
        return does_something(parse(target, head(target) or b"").body)
    except SourceError:
        return False
