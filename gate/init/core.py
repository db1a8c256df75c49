"""Which files a first policy gates by mutation: those that tests are most about, and that the suite runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gate.init.choice import Choice, can_be_named
from gate.init.exports import Exports
from gate.source.code import SourceError, read_source
from gate.source.imports import ImportGraph

# A core for a beginning: its mutants run in minutes, not in an hour.
MOST_FILES = 3
MOST_STATEMENTS = 400
# How many files are tried, and how many of their statements, so that some may turn out not to be run.
MOST_TRIED = 6
MOST_TRIED_STATEMENTS = 800
# At least this share of the mutants of a file must be run by some test, in percent.
_LEAST_RUN = 50
_LEFT_OUT = frozenset({"__main__", "__about__", "__version__", "conftest", "setup"})
_PRIVATE_LEFT_OUT = frozenset({"compat", "deprecated", "deprecation", "version", "vendor"})
_VENDORED = frozenset({"_vendor", "vendor", "vendored", "_vendored", "extern", "third_party"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file, the number of test files that are about it, and of statements in its functions."""

    path: str
    tests: int
    statements: int


def candidates(
    root: Path, python: Sequence[str], sources: Sequence[str], test_files: Sequence[str]
) -> tuple[Candidate, ...]:
    """Name the files that may be the core, the most likely first; `sources` are the measured files.

    Those that no test is about come in only where tests are about none.
    """
    exports = Exports(root, ImportGraph(root, python))
    # What fixtures hand to tests is imported by a conftest.
    conftests = [path for path in python if PurePosixPath(path).name == "conftest.py"]
    used = {file: exports.used_by(file) for file in (*test_files, *conftests)}
    found = [
        Candidate(path, _tests(path, used), statements)
        for path, statements in _sizes(root, sources).items()
    ]
    found.sort(key=lambda each: (-each.tests, -each.statements, each.path))
    return tuple(each for each in found if each.tests or not found[0].tests)


def tried(found: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Choose the files whose mutants are tried before the core is chosen among them: those that fit one."""
    fitting = [each for each in found if each.statements <= MOST_STATEMENTS]
    return _first(fitting or found, MOST_TRIED, MOST_TRIED_STATEMENTS)


def choose_core(found: Sequence[Candidate], run: Mapping[str, int] | None = None) -> Choice:
    """Choose the core of a first policy among the candidates.

    `run` is the share of each file's mutants that some passing test runs, in percent, where that was tried.
    """
    if run is not None:
        found = [each for each in found if run.get(each.path, 0) >= _LEAST_RUN]
    if not found:
        why = "none of the measured files has a function that a test runs"
        return Choice((), f"empty, as {why}: nothing is gated by mutation")
    if not found[0].tests:
        return Choice(
            (found[0].path,), "the file with most statements, as no test file names any file"
        )
    chosen = _first(found, MOST_FILES, MOST_STATEMENTS)
    paths = tuple(sorted(each.path for each in chosen))
    passed_over = len(found) - len(chosen)
    why = f"the files that most test files use, at most {MOST_FILES} files and {MOST_STATEMENTS} statements"
    more = f"; {passed_over} more could follow" if passed_over else ""
    return Choice(paths, why + more)


def _sizes(root: Path, sources: Sequence[str]) -> Mapping[str, int]:
    """Count the statements in the functions of each file that a first core may hold."""
    sizes: dict[str, int] = {}
    for path in filter(_may_be_core, sources):
        try:
            functions = read_source(root, path).functions
        except SourceError:
            continue
        count = len(frozenset().union(*(function.body for function in functions)))
        if count:
            sizes[path] = count
    return sizes


def _may_be_core(path: str) -> bool:
    """Leave out what a program is started by, what knows only versions, and what others wrote."""
    pure = PurePosixPath(path)
    private = pure.stem.startswith("_") and pure.stem.strip("_") in _PRIVATE_LEFT_OUT
    if not can_be_named(path) or pure.stem in _LEFT_OUT or private or pure.stem == "compat":
        return False
    return not _VENDORED & set(pure.parts[:-1])


def _tests(path: str, used: Mapping[str, frozenset[str]]) -> int:
    """Count the test files that use what a file defines, or are named after it."""
    stem = PurePosixPath(path).stem.lstrip("_")
    after = {f"test_{stem}.py", f"{stem}_test.py"}
    return sum(path in files or PurePosixPath(file).name in after for file, files in used.items())


def _first(found: Sequence[Candidate], most: int, statements: int) -> tuple[Candidate, ...]:
    """Take the first candidates that are small enough together; where none is, the first one."""
    chosen: list[Candidate] = []
    left = statements
    for candidate in found:
        if len(chosen) < most and candidate.statements <= left:
            chosen.append(candidate)
            left -= candidate.statements
    return tuple(chosen or found[:1])
