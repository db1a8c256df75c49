"""What the HTML report's own script draws from: files and mutants in compact rows, names once."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Generic, TypeVar

from gate.model import STATUSES, FileCoverage, MutantResult
from gate.model.values import spans
from gate.report import mutants, words
from gate.report.hints import python_option
from gate.results.document import Results

CHANGED = (
    "The source is not shown: the file has changed since the run, "
    "so marks would stand on the wrong lines."
)
ABSENT = "The source is not shown: the file cannot be read, or it is no longer the one that was measured."

_LINE_END = re.compile(r"\r\n|\r|\n")
# What ends a script element, opens a comment in it, or cannot be seen in the page's source.
_UNSAFE = re.compile("[<>&\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]")

Item = TypeVar("Item", bound=Hashable)


def browser_data(results: Results, sources: Mapping[str, str]) -> dict[str, Any]:
    """Gather all that the script shows; `sources` maps paths to the text of the files.

    A mutant is a row in the order of `columns`; tests, sets of tests and repeated words are positions
    in tables. A file whose text does not fit what the document says of it is shown without its text.
    """
    by_path: dict[str, list[MutantResult]] = {path: [] for path in shown_files(results)}
    for result in results.mutant_run.results:
        by_path[result.mutant.path].append(result)
    tests, texts = _Table(_covering_tests(results)), _Table[str]()
    sets = _Table[tuple[int, ...]]()
    files, rows = [], []
    for position, (path, of_file) in enumerate(by_path.items()):
        file = _file(results, path, of_file, sources.get(path))
        files.append(file)
        for result in of_file:
            row = _row(result, (tests, texts, sets))
            rows.append([position, *row, "" if file["note"] == "" else result.mutant.source])
    return {
        "files": files,
        "statuses": [[status, mutants.WORDS[status]] for status in STATUSES],
        "mutants": rows,
        "tests": tests.items,
        "texts": texts.items,
        "sets": sets.items,
        "option": python_option(results.suite.environment),
    }


def _covering_tests(results: Results) -> list[str]:
    return sorted({test for result in results.mutant_run.results for test in result.covered_by})


def script_json(data: Any) -> str:
    """Write data as JSON that can leave no script element and hides nothing; only ASCII where it matters."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def shown_files(results: Results) -> list[str]:
    """List the files that are measured or mutated, worst first: by the lowest of their percentages."""
    paths = results.coverage.by_path.keys() | results.mutant_run.files.keys()
    return sorted(paths, key=lambda path: (_lowest(results, path), path))


def _lowest(results: Results, path: str) -> tuple[float, ...]:
    file, mutated = results.coverage.by_path.get(path), results.mutant_run.files.get(path)
    shares = (file.line, file.branch, file.function) if file else ()
    figures = [share.percent for share in shares if share.percent is not None]
    figures += [mutated.score.low] if mutated and mutated.score.low is not None else []
    if file and file.unreadable:
        return (-1.0,)
    return tuple(sorted(figures)) if figures else (101.0,)


class _Table(Generic[Item]):
    """Things that are written once and named by their position."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self.items = list(items)
        self._positions = {item: position for position, item in enumerate(self.items)}

    def position(self, item: Item) -> int:
        position = self._positions.setdefault(item, len(self.items))
        if position == len(self.items):
            self.items.append(item)
        return position


def _file(
    results: Results, path: str, of_file: Sequence[MutantResult], text: str | None
) -> dict[str, Any]:
    entry = results.coverage.by_path.get(path)
    note = _note(entry, of_file, text)
    return {
        "path": path,
        "text": None if note else text,
        "note": note,
        "summary": _summary(results, path),
        "covered": spans(entry.executed_lines) if entry else (),
        "missing": spans(entry.missing_lines) if entry else (),
        "branches": sorted(entry.missing_branches) if entry else (),
        "functions": [
            [function.qualname, function.line]
            for function in (entry.missing_functions if entry else ())
        ],
        "changed": _changed(results, path),
    }


def _note(entry: FileCoverage | None, of_file: Sequence[MutantResult], text: str | None) -> str:
    """Say why a file's text is not shown; empty when it is the one that the document speaks of."""
    if text is None:
        return (
            f"The file is unreadable: {words.one_line(entry.unreadable)}"
            if (entry and entry.unreadable)
            else ABSENT
        )
    lines = _LINE_END.split(text)
    if entry and _last_line(entry) > len(lines):
        return CHANGED
    return "" if all(_stands(result, lines) for result in of_file) else CHANGED


def _last_line(entry: FileCoverage) -> int:
    lines = {*entry.missing_lines, *entry.executed_lines, *chain(*entry.missing_branches)}
    return max([0, *lines, *(function.end_line for function in entry.missing_functions)])


def _stands(result: MutantResult, lines: Sequence[str]) -> bool:
    return _LINE_END.split(result.mutant.source) == list(
        lines[result.mutant.line - 1 : result.mutant.end_line]
    )


def _summary(results: Results, path: str) -> str:
    """Write the figures of a file in one line."""
    entry, mutated = results.coverage.by_path.get(path), results.mutant_run.files.get(path)
    told, complete = [], results.complete
    if entry:
        told += [
            f"{kind} {words.percent(share, complete=complete)}{'' if share.percent is None else ' %'}"
            for kind, share in (
                ("lines", entry.line),
                ("branches", entry.branch),
                ("functions", entry.function),
            )
        ]
    if mutated and mutated.score.valid:
        told.append(f"mutation score {mutants.score_text(mutated.score)} %")
    return ", ".join(told)


def _changed(results: Results, path: str) -> tuple[tuple[int, int], ...]:
    change = results.changed.files if results.changed else ()
    return next((spans(file.lines) for file in change if file.path == path), ())


def _row(
    result: MutantResult, tables: tuple[_Table[str], _Table[str], _Table[tuple[int, ...]]]
) -> list[Any]:
    tests, texts, sets = tables
    return [
        result.mutant.id,
        result.mutant.line,
        result.mutant.column,
        result.mutant.end_line,
        result.mutant.end_column,
        texts.position(result.mutant.operator),
        texts.position(result.mutant.function),
        STATUSES.index(result.status),
        texts.position(result.reason),
        -1 if result.killed_by is None else tests.position(result.killed_by),
        sets.position(tuple(map(tests.position, result.covered_by))),
        result.seconds,
        result.mutant.replacement,
    ]
