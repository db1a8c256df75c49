"""What the HTML report's own script draws from: files and mutants in compact rows, names once."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from gate.report import mutants, words
from gate.report.hints import python_option
from gate.results.mutation import STATUSES, MutantEntry
from gate.results.schema import FileEntry, Results

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
    by_path: dict[str, list[MutantEntry]] = {path: [] for path in shown_files(results)}
    for mutant in results.mutation.mutants:
        by_path[mutant.path].append(mutant)
    tests, texts = _Table(results.mutation.tests), _Table[str]()
    sets = _Table[tuple[int, ...]]()
    files, rows = [], []
    for position, (path, of_file) in enumerate(by_path.items()):
        file = _file(results, path, of_file, sources.get(path))
        files.append(file)
        for mutant in of_file:
            row = _row(mutant, (tests, texts, sets))
            rows.append([position, *row, "" if file["note"] == "" else mutant.source])
    return {
        "files": files,
        "statuses": [[status, mutants.WORDS[status]] for status in STATUSES],
        "mutants": rows,
        "tests": tests.items,
        "texts": texts.items,
        "sets": sets.items,
        "option": python_option(results.environment),
    }


def script_json(data: Any) -> str:
    """Write data as JSON that can leave no script element and hides nothing; only ASCII where it matters."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def shown_files(results: Results) -> list[str]:
    """List the files that are measured or mutated, worst first: by the lowest of their percentages."""
    paths = results.coverage.files.keys() | results.mutation.files.keys()
    return sorted(paths, key=lambda path: (_lowest(results, path), path))


def _lowest(results: Results, path: str) -> tuple[float, ...]:
    file, mutated = results.coverage.files.get(path), results.mutation.files.get(path)
    shares = (file.line, file.branch, file.function) if file else ()
    figures = [share.percent for share in shares if share.percent is not None]
    figures += [mutated.score.low] if mutated and mutated.score else []
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
    results: Results, path: str, of_file: Sequence[MutantEntry], text: str | None
) -> dict[str, Any]:
    entry = results.coverage.files.get(path)
    note = _note(entry, of_file, text)
    return {
        "path": path,
        "text": None if note else text,
        "note": note,
        "summary": _summary(results, path),
        "covered": entry.covered_lines if entry else (),
        "missing": entry.missing_lines if entry else (),
        "branches": entry.missing_branches if entry else (),
        "functions": [
            [function.function, function.line]
            for function in (entry.missing_functions if entry else ())
        ],
        "changed": _changed(results, path),
    }


def _note(entry: FileEntry | None, of_file: Sequence[MutantEntry], text: str | None) -> str:
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
    return "" if all(_stands(mutant, lines) for mutant in of_file) else CHANGED


def _last_line(entry: FileEntry) -> int:
    ends = [end for _, end in (*entry.missing_lines, *entry.covered_lines)]
    ends += [line for branch in entry.missing_branches for line in branch]
    return max([0, *ends, *(function.end_line for function in entry.missing_functions)])


def _stands(mutant: MutantEntry, lines: Sequence[str]) -> bool:
    return _LINE_END.split(mutant.source) == list(lines[mutant.line - 1 : mutant.end_line])


def _summary(results: Results, path: str) -> str:
    """Write the figures of a file in one line."""
    entry, mutated = results.coverage.files.get(path), results.mutation.files.get(path)
    told, complete = [], results.coverage.complete
    if entry:
        told += [
            f"{kind} {words.percent(share, complete=complete)}{'' if share.percent is None else ' %'}"
            for kind, share in (
                ("lines", entry.line),
                ("branches", entry.branch),
                ("functions", entry.function),
            )
        ]
    if mutated and mutated.score:
        told.append(f"mutation score {mutants.score_text(mutated.score)} %")
    return ", ".join(told)


def _changed(results: Results, path: str) -> tuple[tuple[int, int], ...]:
    change = results.changed.change if results.changed else ()
    return next((file.lines for file in change if file.path == path), ())


def _row(
    mutant: MutantEntry, tables: tuple[_Table[str], _Table[str], _Table[tuple[int, ...]]]
) -> list[Any]:
    tests, texts, sets = tables
    return [
        mutant.id,
        mutant.line,
        mutant.column,
        mutant.end_line,
        mutant.end_column,
        texts.position(mutant.operator),
        texts.position(mutant.function),
        STATUSES.index(mutant.status),
        texts.position(mutant.reason),
        -1 if mutant.killed_by is None else tests.position(mutant.killed_by),
        sets.position(mutant.covered_by),
        mutant.seconds,
        mutant.replacement,
    ]
