"""Which of the files that are named like tests are tests, once pytest has collected: the others are code.

A test file is one in which pytest found test functions, a conftest, or one that holds test functions of which
pytest collected none. What lies in a folder of tests with these, and no code imports, supports them.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gate.measure.files import looks_like_test, test_folder
from gate.source.code import FunctionNode, SourceError, parse
from gate.source.imports import ImportGraph


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """The files that are named like tests: `tests` are tests and what supports them, `code` are the others.

    `unrun` are those of the tests that hold test functions of which pytest collected none.
    """

    tests: frozenset[str] = frozenset()
    code: frozenset[str] = frozenset()
    unrun: frozenset[str] = frozenset()


def sort_out(
    root: Path,
    python: Iterable[str],
    collected: Collection[str],
    sources: Collection[str],
    imports: ImportGraph,
) -> Lookalikes:
    """Tell tests from code among the Python files that are named like tests.

    `collected` are the files in which pytest found test functions, `sources` those that are measured anyway.
    """
    named = [path for path in python if looks_like_test(path)]
    conftests = {path for path in named if PurePosixPath(path).name == "conftest.py"}
    ran = conftests.union(path for path in named if path in collected)
    others = [path for path in named if path not in ran]
    code = {path for path in others if _is_used(path, sources, imports)}
    unrun = {path for path in others if path not in code and holds_tests(root, path)}
    folders = {test_folder(path) for path in (ran - conftests) | unrun} - {None}
    support = {path for path in others if path not in code and test_folder(path) in folders}
    tests = ran | unrun | support
    return Lookalikes(
        frozenset(tests), frozenset(path for path in named if path not in tests), frozenset(unrun)
    )


def holds_tests(root: Path, path: str) -> bool:
    """Say whether a file has test functions in its text, by the names that pytest and unittest go by."""
    try:
        tree = parse(path, (root / path).read_bytes())
    except (OSError, SourceError):
        return False
    return any(map(_is_test, tree.body))


def _is_used(path: str, sources: Collection[str], imports: ImportGraph) -> bool:
    """Say whether measured code imports a file itself."""
    return any(
        importer in sources and not looks_like_test(importer) for importer in imports.named_by(path)
    )


def _is_test(node: ast.stmt) -> bool:
    match node:
        case ast.ClassDef(name=name, bases=bases, body=body):
            case = name.startswith("Test") or any("TestCase" in ast.unparse(each) for each in bases)
            return case and any(map(_is_test, body))
    return isinstance(node, FunctionNode) and node.name.startswith("test")
