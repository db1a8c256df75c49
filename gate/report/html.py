"""The results document as one HTML page that asks for nothing and lets no data run (jinja2).

Its content security policy allows our own style and scripts alone, by their hashes; data goes in as JSON
and is put into the page as text.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined

from gate.model import GREEN, RED, Group, Ratio, TestOutcome
from gate.report import causes, mutants, words
from gate.report.headline import headline, verdict
from gate.report.html_data import browser_data, script_json, shown_files
from gate.results.document import Results

_PAGE = Path(__file__).with_name("page")
_SCRIPTS = ("data.js", "mutants.js", "source.js", "overview.js", "keys.js")
_MOST_FINDINGS = 500
_MOST_GROUPS = 50
_MOST_TESTS = 50


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure beside what is required of it; percents 0 to 100, None where there is none."""

    name: str
    value: str
    percent: float | None
    required: float | None
    told: str
    falls: mutants.Falls


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of a file; `percent` draws its bar, `order` sorts it."""

    text: str
    order: float
    percent: float | None = None
    mark: mutants.Falls = ""


@dataclass(frozen=True, slots=True)
class Module:
    """One file in the table of modules."""

    path: str
    link: str
    note: str
    cells: tuple[Cell, ...]


def render_html(results: Results, sources: Mapping[str, str]) -> str:
    """Render the whole report; `sources` maps paths to the text of the files that can be shown."""
    style, theme, script = _asset("report.css"), _asset("theme.js"), _script()
    page: str = _template().render(
        policy=_policy([style], [theme, script]),
        style=style,
        theme=theme,
        script=script,
        data=script_json(browser_data(results, sources)),
        results=results,
        verdict=verdict(results),
        headline=headline(results),
        reasons=causes.reasons(results),
        advice=words.advice(results),
        most=_MOST_FINDINGS,
        measures=_measures(results),
        modules=_modules(results),
        groups=_groups(results),
        not_passed=sum(test.outcome not in GREEN for test in results.suite.outcomes),
        most_tests=_MOST_TESTS,
        more_groups=max(0, len(results.suite.groups) - _MOST_GROUPS),
        circumstances=_circumstances(results),
        known=frozenset(shown_files(results)),
        words=words,
        mutants=mutants,
        link=link,
    )
    return page


def digests(results: Results) -> dict[str, str]:
    """Give the SHA-256 of each file that the report would show, empty where the document has none."""
    files = results.coverage.by_path
    return {path: files[path].digest if path in files else "" for path in shown_files(results)}


def link(path: str | None, line: int | None = None) -> str:
    """Address a file, or a line of it, inside the page."""
    place = f"#file={quote(path or '', safe='/')}"
    return place if line is None else f"{place}&line={line}"


@cache
def _asset(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    return '"use strict";\n(() => {\n' + "\n".join(map(_asset, _SCRIPTS)) + "})();\n"


@cache
def _template() -> Any:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["shown"] = words.one_line
    environment.filters["number"] = words.number
    return environment.from_string(_asset("report.html"))


def _policy(styles: list[str], scripts: list[str]) -> str:
    """Write the content security policy that allows these styles and scripts and nothing else."""
    return (
        f"default-src 'none'; style-src {_hashes(styles)}; script-src {_hashes(scripts)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hashes(texts: list[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in texts)
    return " ".join(f"'sha256-{digest.decode()}'" for digest in digests)


def _measures(results: Results) -> list[Measure]:
    """Set what was measured in total beside what is required."""
    if not causes.has_figures(results):
        return []
    found = []
    if results.command == "check":
        asked = results.policy.thresholds.coverage
        coverage, changed = results.coverage, results.coverage_of_change
        shares = [
            ("Lines", coverage.line, asked.line),
            ("Branches", coverage.branch, asked.branch),
            ("Functions", coverage.function, asked.function),
        ]
        found += [_coverage(*share, complete=results.complete) for share in shares]
        if results.changed is not None:
            shares = [
                ("Changed lines", changed.line, asked.changed_line),
                ("Changed branches", changed.branch, asked.changed_branch),
            ]
            found += [_coverage(*share, complete=results.complete) for share in shares]
    return found + ([_score(results)] if results.mutation is not None else [])


def _coverage(name: str, share: Ratio, required: float, *, complete: bool) -> Measure:
    told = f"{share.covered:,} of {share.total:,}" if share.total else "nothing to cover"
    falls: mutants.Falls = "below" if share.percent is not None and share.percent < required else ""
    return Measure(
        name, words.percent(share, complete=complete), share.percent, required, told, falls
    )


def _score(results: Results) -> Measure:
    mutation = results.mutant_run
    total, *files = mutants.table(results)
    score = mutation.score
    told = f"{score.detected:,} of {score.valid:,} detected" if score.valid else "no mutant counts"
    required = results.policy.thresholds.mutation.changed_score if mutation.changed else None
    falls = total.falls
    if required is None and any(file.cells[1] for file in files):
        gated = [file for file in files if file.cells[1]]
        reach = sum(not file.falls for file in gated)
        told += f"; {reach} of {len(gated)} core files reach what is required"
        falls = "below" if any(file.falls == "below" for file in gated) else ""
    name = "Mutants of the change" if mutation.changed else "Mutants"
    return Measure(name, mutants.score_text(score), score.low, required, told, falls)


def _modules(results: Results) -> list[Module]:
    falls = {row.name: row.falls for row in mutants.table(results) if row.is_file}
    return [_module(results, path, falls) for path in shown_files(results)]


def _module(results: Results, path: str, falls: Mapping[str, mutants.Falls]) -> Module:
    entry, mutated = results.coverage.by_path.get(path), results.mutant_run.files.get(path)
    shares = (entry.line, entry.branch, entry.function) if entry else (None, None, None)
    complete = results.complete
    cells = [_share_cell(share, complete=complete) for share in shares]
    score = mutated.score if mutated else None
    low = score.low if score else None
    mark = falls.get(words.one_line(path), "")
    cells.append(Cell(mutants.score_text(score), 101.0 if low is None else low, low, mark))
    for status in ("Survived", "NoCoverage", "Pending"):
        count = mutated.counts[status] if mutated else 0
        cells.append(Cell(f"{count:,}" if mutated else "-", -count))
    note = entry.unreadable if entry else ""
    return Module(path, link(path), note, tuple(cells))


def _share_cell(share: Ratio | None, *, complete: bool) -> Cell:
    if share is None or share.percent is None:
        return Cell("-", 101.0)
    return Cell(words.percent(share, complete=complete), share.percent, share.percent)


def _groups(results: Results) -> list[tuple[Group, TestOutcome | None]]:
    """Pair each cause with one of its tests, whose traceback stands for all."""
    by_name = {test.test: test for test in results.suite.outcomes if test.outcome in RED}
    return [
        (group, next((by_name[name] for name in group.tests if name in by_name), None))
        for group in results.suite.groups[:_MOST_GROUPS]
    ]


def _circumstances(results: Results) -> list[tuple[str, str]]:
    policy = results.policy
    return [
        ("policy", f"{policy.origin} ({policy.digest[:12]})"),
        *results.suite.isolation.items(),
        *results.suite.environment.items(),
        ("written by", f"{results.tool.name} {results.tool.version}, {results.created}"),
    ]
