"""Which files a first policy gates by mutation: those that tests are most about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gate.init.choice import Choice, can_be_named
from gate.source.code import SourceError, read_source
from gate.source.imports import ImportGraph

# A core for a beginning: its mutants run in minutes, not in an hour.
MOST_FILES = 3
MOST_STATEMENTS = 400
_RULE = (
    f"the files that most test files import or are named after, larger ones first: "
    f"at most {MOST_FILES} files and {MOST_STATEMENTS} statements in functions"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file, the number of test files that are about it, and of statements in its functions."""

    path: str
    tests: int
    statements: int


def suggest_core(
    root: Path, python: Sequence[str], sources: Sequence[str], test_files: Sequence[str]
) -> Choice:
    """Choose the core of a first policy among the measured files."""
    graph = ImportGraph(root, python)
    found = [
        Candidate(path, _tests(path, graph, test_files), statements)
        for path, statements in _sizes(root, sources).items()
    ]
    if not found:
        return Choice((), "empty, as no measured file has a function: nothing is gated by mutation")
    found.sort(key=lambda each: (-each.tests, -each.statements, each.path))
    if found[0].tests:
        return Choice(_first([each for each in found if each.tests]), _RULE)
    return Choice((found[0].path,), "the file with most statements, as no test file names any file")


def _sizes(root: Path, sources: Sequence[str]) -> Mapping[str, int]:
    """Count the statements in functions; `__init__.py` files only where nothing else has any."""
    sizes: dict[str, int] = {}
    for path in filter(can_be_named, sources):
        try:
            functions = read_source(root, path).functions
        except SourceError:
            continue
        count = len(frozenset().union(*(function.body for function in functions)))
        if count:
            sizes[path] = count
    modules = {path: size for path, size in sizes.items() if not path.endswith("__init__.py")}
    return modules or sizes


def _tests(path: str, graph: ImportGraph, test_files: Sequence[str]) -> int:
    stem = PurePosixPath(path).stem.lstrip("_")
    after = {f"test_{stem}.py", f"{stem}_test.py"}
    named = {file for file in test_files if PurePosixPath(file).name in after}
    return len(named | (graph.named_by(path) & set(test_files)))


def _first(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    chosen: list[str] = []
    left = MOST_STATEMENTS
    for candidate in candidates:
        if len(chosen) < MOST_FILES and (candidate.statements <= left or not chosen):
            chosen.append(candidate.path)
            left -= candidate.statements
    return tuple(sorted(chosen))
