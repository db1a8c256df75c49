"""The mutants as a report that Stryker's viewers open (mutation-testing-report-schema 2.0).

Its positions count lines and UTF-16 units from 1, the end exclusive. Its score leaves out what is
unresolved, so the verdict stands in `config`.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from gate.model import MutantResult, MutationRun, Score
from gate.report.causes import reasons
from gate.report.headline import verdict_line
from gate.report.words import one_line
from gate.results.document import Results

_LINE_END = re.compile(r"\r\n|\r|\n")
# A forged line number shall cost no memory.
_MOST_BLANK = 5_000


def render_stryker(results: Results, sources: Mapping[str, str]) -> str:
    """Render every mutant in its file; `sources` gives the text of files, without byte order marks.

    Of a file that is not given, or no longer agrees with its mutants (`disagreeing`), only the lines
    that its mutants hold are shown, each in its place.
    """
    return json.dumps(_report(results, sources), separators=(",", ":")) + "\n"


def disagreeing(results: Results, sources: Mapping[str, str]) -> list[str]:
    """List the files with mutants whose text is not given, or is not the one that was mutated."""
    lines = {path: _lines(text) for path, text in sources.items()}
    by_path = _by_path(results.mutant_run.results)
    return [path for path, of in by_path.items() if not _agrees(lines.get(path), of)]


def _report(results: Results, sources: Mapping[str, str]) -> dict[str, Any]:
    mutation = results.mutant_run
    tests = _test_ids(mutation)
    asked = results.policy.thresholds.mutation
    required = math.ceil(asked.changed_score if mutation.changed else asked.score)
    by_path = _by_path(mutation.results)
    return {
        "schemaVersion": "2.0",
        "thresholds": {"high": required, "low": required},
        "framework": {"name": results.tool.name, "version": results.tool.version},
        "config": _config(results),
        "files": {
            _shown(path, by_path): _file(of, sources.get(path), tests)
            for path, of in by_path.items()
        },
        "testFiles": _test_files(tests),
    }


def _config(results: Results) -> dict[str, Any]:
    return {
        "verdict": results.verdict,
        "exitCode": results.exit_code,
        "headline": verdict_line(results),
        "notJudged": [{"what": part.what, "why": part.why} for part in results.not_judged],
        "score": _score(results.mutant_run.score),
        "ofTheChange": results.mutant_run.changed,
        "unresolved": results.mutant_run.counts["Pending"],
        "reasons": [
            {"rule": finding.rule, "message": finding.message} for finding in reasons(results)
        ],
    }


def _score(score: Score) -> dict[str, float | None] | None:
    return {"low": score.low, "high": score.high} if score.valid else None


def _by_path(entries: Iterable[MutantResult]) -> dict[str, list[MutantResult]]:
    by_path: dict[str, list[MutantResult]] = defaultdict(list)
    for result in entries:
        by_path[result.mutant.path].append(result)
    return by_path


def _shown(path: str, taken: Collection[str]) -> str:
    """Spell out a path that a viewer, which makes an address of it, could not open; never two alike."""
    spelled = one_line(path, len(path))
    return path if spelled in taken else spelled


def _test_ids(mutation: MutationRun) -> dict[str, str]:
    """Number the tests; a killer that covers nothing has a number too."""
    covering = {test for result in mutation.results for test in result.covered_by}
    killers = (result.killed_by for result in mutation.results if result.killed_by is not None)
    return {test: str(n) for n, test in enumerate(dict.fromkeys([*sorted(covering), *killers]))}


def _test_files(tests: Mapping[str, str]) -> dict[str, Any]:
    files: dict[str, Any] = {}
    for test, number in tests.items():
        path, _, name = test.partition("::")
        file = files.setdefault(path, {"tests": []})
        file["tests"].append({"id": number, "name": name or path})
    return files


def _file(of: list[MutantResult], source: str | None, tests: Mapping[str, str]) -> dict[str, Any]:
    lines = None if source is None else _lines(source)
    if lines is None or not _agrees(lines, of):
        lines = _known_lines(of)
    return {
        "language": "python",
        "source": "\n".join(lines),
        "mutants": [_mutant(result, tests) for result in of],
    }


def _mutant(result: MutantResult, tests: Mapping[str, str]) -> dict[str, Any]:
    held = _lines(result.mutant.source)
    killers = [] if result.killed_by is None else [tests[result.killed_by]]
    made: dict[str, Any] = {
        "id": result.mutant.id,
        "mutatorName": result.mutant.operator,
        "replacement": result.mutant.replacement,
        "location": {
            "start": {"line": result.mutant.line, "column": _units(held[0], result.mutant.column)},
            "end": {
                "line": result.mutant.end_line,
                "column": _units(held[-1], result.mutant.end_column),
            },
        },
        "status": result.status,
        "coveredBy": [tests[test] for test in result.covered_by],
        "killedBy": killers,
        "duration": round(1000 * result.seconds, 1),
    }
    return {**made, **({"statusReason": result.reason} if result.reason else {})}


def _lines(text: str) -> list[str]:
    return _LINE_END.split(text)


def _agrees(lines: list[str] | None, of: Iterable[MutantResult]) -> bool:
    """Say whether each mutant finds its lines in its place."""
    return lines is not None and all(
        lines[result.mutant.line - 1 : result.mutant.end_line] == _lines(result.mutant.source)
        for result in of
    )


def _known_lines(of: Iterable[MutantResult]) -> list[str]:
    """Put the lines that mutants hold in their places, the others empty; none where hardly any is known."""
    known: dict[int, str] = {}
    for result in of:
        known.update(enumerate(_lines(result.mutant.source), result.mutant.line))
    last = max(known, default=0)
    if last > _MOST_BLANK * len(known):
        return []
    return [known.get(number, "") for number in range(1, last + 1)]


def _units(line: str, column: int) -> int:
    """Turn a column that counts characters into one that counts UTF-16 units."""
    return column + sum(ord(char) > 0xFFFF for char in line[: column - 1])
