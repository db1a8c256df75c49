"""Coverage of the changed lines: diff-cover's arithmetic over whole statements, and branches.

diff-cover asks which changed lines are measured and which of them are missed. It sees lines, so
each changed line is first replaced by the first line of its statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from diff_cover.report_generator import DiffViolations
from diff_cover.violationsreporters.base import Violation

from gate.model import (
    ChangedFile,
    ChangedLines,
    CoverageMap,
    FileCoverage,
    Function,
    Problem,
    Ratio,
    SourceFile,
)

_EMPTY = Ratio(0, 0)


def measure_changed(
    changed: ChangedLines, coverage: CoverageMap, sources: Mapping[str, SourceFile]
) -> CoverageMap:
    """Measure the statements that the change touches, in every changed file that is measured.

    Lines are statements touched, branches those that leave them, functions those with a touched
    statement in their body, private ones too. A file without a touched statement has no entry. One
    that cannot be read, or has no source in `sources`, is a problem.
    """
    measured = {file.path: file for file in coverage.files}
    files: list[FileCoverage] = []
    problems: list[Problem] = []
    for change in changed.files:
        file = measured.get(change.path)
        if file is None or not change.lines:
            continue
        source = sources.get(change.path)
        reason = file.unreadable or ("" if source else "its source was not read")
        if reason or source is None:
            files.append(FileCoverage(file.path, _EMPTY, _EMPTY, _EMPTY, unreadable=reason))
            problems.append(Problem(change.path, f"its changed lines are not measured: {reason}"))
        elif touched := _touched(change, file, source):
            files.append(touched)
    return CoverageMap(tuple(files), tuple(problems))


def _touched(change: ChangedFile, file: FileCoverage, source: SourceFile) -> FileCoverage | None:
    statements = {source.owner[line] for line in change.lines if line in source.owner}
    diff = DiffViolations(
        violations=[Violation(line, None) for line in file.missing_lines],
        measured_lines=file.executed_lines | file.missing_lines,
        diff_lines=statements,
    )
    measured, missing = frozenset(diff.measured_lines), frozenset(diff.lines)
    if not measured:
        return None
    executed_branches = _leaving(measured, file.executed_branches)
    missing_branches = _leaving(measured, file.missing_branches)
    functions = [each for each in source.functions if each.body & measured and not _is_nested(each)]
    told = {each.line: each for each in (*file.missing_functions, *file.missing_private)}
    unreached = tuple(
        told.get(function.line, function)
        for function in functions
        if function.line in told or not function.body & file.executed_lines
    )
    return FileCoverage(
        path=file.path,
        line=Ratio(len(measured) - len(missing), len(measured)),
        branch=Ratio(len(executed_branches), len(executed_branches) + len(missing_branches)),
        function=Ratio(len(functions) - len(unreached), len(functions)),
        executed_lines=measured - missing,
        missing_lines=missing,
        executed_branches=executed_branches,
        missing_branches=missing_branches,
        missing_functions=unreached,
    )


def _is_nested(function: Function) -> bool:
    return "<locals>" in function.qualname


def _leaving(
    statements: frozenset[int], branches: Iterable[tuple[int, int]]
) -> frozenset[tuple[int, int]]:
    return frozenset((start, end) for start, end in branches if start in statements)
