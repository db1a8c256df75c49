"""The results as workflow commands of GitHub Actions: `::error file=…,line=…,title=…::message`.

A step shows ten errors, ten warnings and ten notices; what is left out is listed as plain text, while the
runner obeys no command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gate.model import Finding, MutantResult
from gate.report import words
from gate.report.causes import reasons
from gate.report.diffs import short_diff
from gate.report.headline import verdict_line
from gate.report.hints import how_to_kill, show_command
from gate.report.survivors import first_survivors, on_changed_lines
from gate.report.words import disarmed, one_line
from gate.results.document import Results

MOST = 10
_MOST_LISTED = 200
_DIFF_WIDTH = 100
_MOST_TESTS = 3
_TOKEN = re.compile(r"[A-Za-z0-9]{16,}")

Kind = Literal["error", "warning", "notice"]
_KINDS: dict[str, Kind] = {"error": "error", "warning": "warning", "note": "notice"}


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation; its texts are harmless lines, not yet escaped."""

    kind: Kind
    path: str | None
    lines: tuple[int, int] | None
    title: str
    message: str


def render_annotations(results: Results, token: str) -> str:
    """Render at most ten commands of each kind, the gravest first, and list the rest as text.

    `token` ends the text in which no command is obeyed: at least 16 letters and digits that nobody could
    guess when the code under test ran. Raises ValueError for another.
    """
    if not _TOKEN.fullmatch(token):
        raise ValueError("the token that ends plain text must be 16 or more letters and digits")
    return "\n".join(_lines(results, token)) + "\n"


def _lines(results: Results, token: str) -> Iterator[str]:
    yield f"gate: {verdict_line(results)}"
    shown, left = _capped(list(_annotations(results)))
    yield from map(_command, shown)
    if left:
        yield _command(
            Annotation("notice", None, None, "gate", f"{len(left):,} more in the report")
        )
        yield f"::stop-commands::{token}"
        yield f"{len(left):,} more in the report:"
        yield from (_listed(annotation).replace(token, "...") for annotation in left[:_MOST_LISTED])
        if len(left) > _MOST_LISTED:
            yield f"- and {len(left) - _MOST_LISTED:,} more"
        yield f"::{token}::"


def _annotations(results: Results) -> Iterator[Annotation]:
    """Give all there is to say, by rank: what forces the verdict, survivors of the change, advice."""
    yield from (_of_finding(finding) for finding in reasons(results))
    touched = on_changed_lines(results)
    for result in first_survivors(results, len(touched)):
        yield _of_survivor(results, result)
    yield from (_of_finding(finding) for finding in words.advice(results))


def _capped(annotations: list[Annotation]) -> tuple[list[Annotation], list[Annotation]]:
    """Part what a step shows from the rest; what names the rest is a notice too."""
    most = dict.fromkeys(_KINDS.values(), MOST)
    if all(sum(a.kind == kind for a in annotations) <= most[kind] for kind in most):
        return annotations, []
    most["notice"] -= 1
    shown: list[Annotation] = []
    left: list[Annotation] = []
    for annotation in annotations:
        (shown if most[annotation.kind] > 0 else left).append(annotation)
        most[annotation.kind] -= 1
    return shown, left


def _of_finding(finding: Finding) -> Annotation:
    help_text = f"\nNext: {one_line(finding.help)}" if finding.help else ""
    return Annotation(
        "error" if finding.forces else _KINDS[finding.level],
        finding.path,
        None if finding.line is None or not finding.path else (finding.line, finding.line),
        f"gate: {one_line(finding.rule)}",
        f"{one_line(finding.message)}{help_text}",
    )


def _of_survivor(results: Results, result: MutantResult) -> Annotation:
    tests = result.covered_by
    named = ", ".join(map(one_line, tests[:_MOST_TESTS]))
    more = f" and {len(tests) - _MOST_TESTS:,} more" if len(tests) > _MOST_TESTS else ""
    lines = [
        "No test notices this change:",
        *map(str, short_diff(result, _DIFF_WIDTH)),
        f"Run by {named}{more}." if tests else "No test is known to run it.",
        f"{how_to_kill(result)} See it with {show_command(result)}",
    ]
    place = (result.mutant.line, max(result.mutant.line, result.mutant.end_line))
    title = f"gate: surviving mutant {one_line(result.mutant.id)}"
    return Annotation("warning", result.mutant.path, place, title, "\n".join(lines))


def _command(annotation: Annotation) -> str:
    """Write a command; https://github.com/actions/toolkit has the escapes."""
    properties = {
        "file": one_line(annotation.path) if annotation.path else "",
        "line": str(annotation.lines[0]) if annotation.lines else "",
        "endLine": str(annotation.lines[1]) if annotation.lines else "",
        "title": annotation.title,
    }
    told = ",".join(f"{name}={_property(text)}" for name, text in properties.items() if text)
    return f"::{annotation.kind} {told}::{_data(disarmed(annotation.message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _listed(annotation: Annotation) -> str:
    place = words.place(annotation.path, annotation.lines[0] if annotation.lines else None)
    first = annotation.message.partition("\n")[0]
    return f"- {annotation.kind}: {annotation.title}{f' at {place}' if place else ''}: {first}"
