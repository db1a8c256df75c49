"""Line, branch and function coverage from coverage.py's data, which enters the judge here alone.

Statements, branches and totals are coverage.py's own (JSON report, format 3), with its defaults:
no configuration of the repository can leave lines out. Functions come from the judge's parse.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from coverage import Coverage, CoverageData
from coverage.exceptions import CoverageException

from gate.errors import MissingEvidenceError, SetupError
from gate.measure.functions import Passing, Ran, to_reach, unreached
from gate.model import CoverageMap, FileCoverage, Problem, Ratio, SourceFile
from gate.source.code import Sources, deep_recursion
from gate.source.pragmas import PragmaKind, without_pragmas
from gate.worker.messages import read_context

# Pragmas that have no say, by file, line and kind.
Lifted = Mapping[str, frozenset[tuple[int, PragmaKind]]]

AT_IMPORT = ""
_EMPTY = Ratio(0, 0)
_BROKEN = (CoverageException, sqlite3.Error, OSError)


def measure(
    root: Path,
    read: Sources,
    data_file: Path,
    passing: Passing,
    lifted: Lifted | None = None,
) -> CoverageMap:
    """Measure sources (relative to `root`) from a data file with branches and test contexts.

    A file that no test imports counts 0 %. Which functions count as covered, `unreached`
    says. A source that cannot be parsed is `unreadable`; a data file that
    cannot be used leaves everything at 0 %. Both are problems. Pragmas of `lifted` leave nothing out.
    Raises SetupError when a disk fails on the way.
    """
    root = Path(os.path.realpath(root))
    sources, unreadable = dict(read.files), dict(read.unreadable)
    with (
        TemporaryDirectory(prefix="gate-coverage-") as scratch,
        _quiet(),
        deep_recursion(),
        _disk("read from", data_file),
    ):
        measurement, problems = _open(data_file)
        with _closing(measurement.get_data()) as data:
            ran, trouble = _ran(data, root, sources, passing)
            plain = [path for path in sources if not data.file_tracer(str(root / path))]
            entries = _report(measurement, root, plain, Path(scratch))
            of_lifted = {path: lifted[path] for path in plain if path in lifted} if lifted else {}
            entries |= _without_pragmas(data, root, of_lifted, Path(scratch))
            for path in sources.keys() - entries.keys():
                unreadable[path] = _why_left_out(measurement, root / path)
    measured = {
        path: _file_coverage(source, entries[path], ran.get(path, Ran()))
        for path, source in sources.items()
        if path in entries
    }
    blind = {path: _unreadable(path, reason) for path, reason in unreadable.items()}
    problems += tuple(Problem(path, reason) for path, reason in sorted(unreadable.items()))
    if trouble:
        problems += (Problem(str(data_file), trouble),)
    found = measured | blind
    return CoverageMap(tuple(found[path] for path in sorted(found)), problems)


def combine(parts: Sequence[Path], into: Path) -> tuple[Problem, ...]:
    """Merge data files into a new one at `into`; a part that cannot be read is a problem.

    No part at all is one too. Raises SetupError when `into` cannot be written.
    """
    problems = [] if parts else [Problem(str(into), "no coverage data was collected")]
    with _quiet(), _disk("written to", into), _closing(CoverageData(str(into))) as merged:
        merged.add_arcs({})  # replaces what is there, and says that branches are measured
        for part in parts:
            # A part that breaks half-way must leave no half in the result.
            with _closing(CoverageData(no_disk=True)) as copy:
                if reason := _copy(part, copy):
                    problems.append(Problem(str(part), reason))
                else:
                    merged.update(copy)
    return tuple(problems)


def contexts_by_line(data_file: Path, path: Path) -> Mapping[int, frozenset[str]]:
    """Name, for each executed line of a source file, its contexts, which `read_context` reads.

    Lines are as executed: a statement of several lines may have any of them. Import time and
    collection, which have no test, are named `AT_IMPORT`. Raises MissingEvidenceError when the data
    file is of no use, SetupError when the disk fails.
    """
    if reason := _why_unusable(data_file):
        raise MissingEvidenceError(f"{data_file}: {reason}", "Run `gate check` again.")
    with _disk("read from", data_file), _closing(CoverageData(str(data_file))) as data:
        data.read()
        by_line = data.contexts_by_lineno(os.path.realpath(path))
    return {line: frozenset(contexts) for line, contexts in by_line.items() if contexts}


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the warnings that compiling their source gives; they are the test run's to show."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _closing(data: CoverageData) -> Iterator[CoverageData]:
    try:
        yield data
    finally:
        data.close(force=True)  # or data held in memory stays open


@contextmanager
def _disk(used: str, path: Path) -> Iterator[None]:
    """Say of a disk that is full, or fails, what could not be "read from" or "written to" it."""
    try:
        yield
    except _BROKEN as error:
        raise SetupError(
            f"The coverage data cannot be {used} {path}: {error}",
            "Is there room on the disk, and is the folder writable?",
        ) from error


def _open(data_file: Path) -> tuple[Coverage, tuple[Problem, ...]]:
    """Open the data file, or data without a single executed line when it is of no use."""
    if reason := _why_unusable(data_file):
        return _in_memory(()), (Problem(str(data_file), reason),)
    measurement = Coverage(data_file=str(data_file), config_file=False)
    measurement.load()
    return measurement, ()


def _in_memory(arcs: Iterable[tuple[str, list[tuple[int, int]]]]) -> Coverage:
    measurement = Coverage(data_file=None, config_file=False)
    measurement.get_data().add_arcs(dict(arcs))
    return measurement


def _why_unusable(data_file: Path) -> str:
    with _closing(CoverageData(no_disk=True)) as copy:
        return _copy(data_file, copy)


def _copy(part: Path, into: CoverageData) -> str:
    """Read every row of a data file into `into`; give the reason when that fails, else nothing."""
    if not part.is_file():
        return "there is no coverage data file"
    try:
        with _closing(CoverageData(str(part))) as data:
            data.read()
            if not data.has_arcs():
                return "the coverage data holds no branches"
            into.update(data)
    except _BROKEN as error:
        return f"the coverage data cannot be read: {error}"
    return ""


def _ran(
    data: CoverageData, root: Path, sources: Iterable[str], passing: Passing
) -> tuple[dict[str, Ran], str]:
    """Give what the passing tests executed in each file, and import time, or the reason for none."""
    try:
        of_tests = _pattern(data.measured_contexts(), passing.tests)
        by_tests = _arcs_of(data, root, sources, of_tests)
        at_import = _arcs_of(data, root, sources, r"\A\Z")
    except _BROKEN as error:
        return {}, f"the test contexts cannot be read: {error}"
    executed = {path for path, arcs in by_tests.items() if arcs}
    return {
        path: Ran(by_tests[path], at_import[path], passing.rely_on(path, executed))
        for path in sources
    }, ""


def _arcs_of(
    data: CoverageData, root: Path, sources: Iterable[str], contexts: str
) -> dict[str, list[tuple[int, int]]]:
    data.set_query_contexts([contexts])
    return {path: data.arcs(str(root / path)) or [] for path in sources}


def _pattern(measured: set[str], passing: frozenset[str]) -> str:
    """Write a regular expression for the passing contexts, by the shorter of the two lists.

    Import time is the empty context, and no test. The set-up of a shared fixture is reached by the test
    that it ran in.
    """
    wanted = {each for each in measured if read_context(each)[0] in passing}
    others = measured - wanted
    # The shorter one of two; both leave the empty context out.
    if len(wanted) <= len(others):
        return rf"\A(?=.)(?:{_alternatives(wanted)})\Z"
    return rf"\A(?=.)(?!(?:{_alternatives(others)})\Z)"


def _alternatives(names: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, names)))


def _report(
    measurement: Coverage, root: Path, files: Sequence[str], scratch: Path
) -> dict[str, Any]:
    """Give the JSON report's entry for each file that coverage.py can parse."""
    if not files:
        return {}  # to coverage.py no file means every file in the data
    output = scratch / "report.json"
    morfs = [str(root / path) for path in files]
    with _disk("written to", output):
        measurement.json_report(morfs=morfs, outfile=str(output), ignore_errors=True)
    entries = json.loads(output.read_bytes())["files"]
    return {os.path.relpath(os.path.abspath(name), root): entry for name, entry in entries.items()}


def _why_left_out(measurement: Coverage, file: Path) -> str:
    """Say why the report has no entry for a file, in the words of coverage.py."""
    tracer = measurement.get_data().file_tracer(str(file))
    if tracer:
        return f"a plugin of coverage.py measured it: {tracer}"
    try:
        measurement.analysis2(str(file))
    except (CoverageException, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = str(error).replace(f"'{file}' ", "").strip() or type(error).__name__
        return f"coverage.py cannot read it: {reason}"
    return "coverage.py left it out of its report"


def _without_pragmas(
    data: CoverageData, root: Path, lifted: Lifted, scratch: Path
) -> dict[str, Any]:
    """Give the entries of files whose text coverage.py is shown with these pragmas blanked out.

    It reads the text where the data says the file is, so text and data are copied elsewhere.
    """
    if not lifted:
        return {}
    copies = (scratch / "lifted").absolute()
    data.set_query_contexts(None)
    arcs = []
    for path, pragmas in lifted.items():
        shown = without_pragmas((root / path).read_bytes(), pragmas)
        with _disk("written to", copies / path):
            (copies / path).parent.mkdir(parents=True, exist_ok=True)
            (copies / path).write_bytes(shown)
        arcs.append((os.path.realpath(copies / path), data.arcs(str(root / path)) or []))
    measurement = _in_memory(arcs)
    with _closing(measurement.get_data()):
        return _report(measurement, Path(os.path.realpath(copies)), list(lifted), scratch)


def _file_coverage(source: SourceFile, entry: Mapping[str, Any], ran: Ran) -> FileCoverage:
    summary, excluded = entry["summary"], frozenset(entry["excluded_lines"])
    functions = [function for function in to_reach(source, excluded) if function.public]
    unreached_ones = unreached(source, excluded, ran)
    missing = tuple(function for function in unreached_ones if function.public)
    return FileCoverage(
        path=source.path,
        line=Ratio(summary["covered_lines"], summary["num_statements"]),
        branch=Ratio(summary["covered_branches"], summary["num_branches"]),
        function=Ratio(len(functions) - len(missing), len(functions)),
        executed_lines=frozenset(entry["executed_lines"]),
        missing_lines=frozenset(entry["missing_lines"]),
        executed_branches=frozenset((start, end) for start, end in entry["executed_branches"]),
        missing_branches=frozenset((start, end) for start, end in entry["missing_branches"]),
        missing_functions=missing,
        missing_private=tuple(function for function in unreached_ones if not function.public),
        digest=source.digest,
    )


def _unreadable(path: str, reason: str) -> FileCoverage:
    return FileCoverage(path, line=_EMPTY, branch=_EMPTY, function=_EMPTY, unreadable=reason)
