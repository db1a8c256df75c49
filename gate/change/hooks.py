"""Where a change edits code that chooses tests: that cannot be undone from outside, so it is listed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

from gate.model import ChangedFile, Suppression
from gate.source.code import SourceError, parse

Read = Callable[[str], bytes | None]

_FUNCTIONS = frozenset(
    {
        "pytest_cmdline_main",
        "pytest_collection",
        "pytest_collection_modifyitems",
        "pytest_collect_file",
        "pytest_collect_directory",
        "pytest_ignore_collect",
        "pytest_itemcollected",
        "pytest_pycollect_makeitem",
        "pytest_pycollect_makemodule",
        "pytest_generate_tests",
        "pytest_runtestloop",
        "pytest_runtest_protocol",
    }
)
_NAMES = frozenset({"collect_ignore", "collect_ignore_glob", "pytest_plugins"})


def new_hooks(files: Iterable[ChangedFile], base: Read, head: Read) -> tuple[Suppression, ...]:
    """List what chooses tests in the changed Python files and reads otherwise than on the base.

    Hooks count in any file, as it may be a plugin; names that pytest looks for, in a conftest.py.
    """
    found: list[Suppression] = []
    for file in files:
        if file.path.endswith(".py") and file.lines:
            now = _choosing(file.path, head(file.path) or b"")
            if now:
                old = _choosing(file.path, base(file.old_path or file.path) or b"")
                before = {code for _, _, code in old}
                found += [
                    Suppression(file.path, line, name, name)
                    for name, line, code in now
                    if code not in before
                ]
    return tuple(sorted(found, key=lambda each: (each.path, each.line, each.kind)))


def _choosing(path: str, source: bytes) -> list[tuple[str, int, str]]:
    """Give name, line and code of each place."""
    if not any(name.encode() in source for name in (*_FUNCTIONS, *_NAMES)):
        return []
    try:
        tree = parse(path, source)
    except SourceError:
        return []
    is_conftest = PurePosixPath(path).name == "conftest.py"
    return [
        (name, node.lineno, ast.dump(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt)
        for name in _names(node, is_conftest)
    ]


def _names(node: ast.stmt, is_conftest: bool) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) if name in _FUNCTIONS:
            yield name
        case ast.Assign() | ast.AugAssign() | ast.AnnAssign() if is_conftest:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (t.id for t in targets if isinstance(t, ast.Name) and t.id in _NAMES)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))) if is_conftest:
            yield from (name,) if name in _NAMES else ()
