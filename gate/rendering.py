"""A report in one of its formats, with what it needs beside the document; its file, whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gate.errors import SetupError, UsageError
from gate.report.agent import render_agent
from gate.report.annotations import render_annotations
from gate.report.html import digests, render_html
from gate.report.json import render_json
from gate.report.junit import render_junit
from gate.report.markdown import render_comment, render_markdown
from gate.report.sarif import render_sarif
from gate.report.stryker import disagreeing, render_stryker
from gate.report.terminal import render_terminal
from gate.report.words import one_line, some_of
from gate.results.document import Results
from gate.source.texts import read_texts

_MOST_NAMED = 5

# Text, and what to tell the user beside it.
Rendered = tuple[str, list[str]]


@dataclass(frozen=True, slots=True)
class Look:
    """How a report for a terminal looks: columns, colour, and whether it tells how the run was done."""

    width: int = 100
    color: bool = False
    verbose: bool = False


def _alone(render: Callable[[Results], str]) -> Callable[[Results], Rendered]:
    return lambda results: (render(results), [])


def _stryker(results: Results) -> Rendered:
    paths = {result.mutant.path for result in results.mutant_run.results}
    sources = read_texts(Path.cwd(), dict.fromkeys(paths, ""))
    return render_stryker(results, sources), _changed_since(disagreeing(results, sources))


def _html(results: Results) -> Rendered:
    return render_html(results, read_texts(Path.cwd(), digests(results))), []


FORMATS: dict[str, Callable[[Results], Rendered]] = {
    "terminal": lambda results: _terminal(results, Look()),
    "json": _alone(render_json),
    "markdown": _alone(render_markdown),
    "github": _alone(lambda results: render_annotations(results, secrets.token_hex(16))),
    "sarif": _alone(render_sarif),
    "junit": _alone(render_junit),
    "stryker": _stryker,
    "html": _html,
}
AUDIENCES: dict[str, Callable[[Results], Rendered]] = {
    "summary": FORMATS["markdown"],
    "comment": _alone(render_comment),
    "agent": _alone(render_agent),
}


def render(results: Results, form: str, audience: str | None, look: Look | None = None) -> Rendered:
    """Render the results; UsageError for an audience of a format that has none."""
    look = look or Look()
    if look.verbose and form != "terminal":
        raise UsageError(
            f"--verbose says nothing of --format {form}",
            "leave it out: this format holds all of it",
        )
    if audience is None and form == "terminal":
        return _terminal(results, look)
    if audience is None:
        return FORMATS[form](results)
    if form != "markdown":
        raise UsageError(
            f"--audience {audience} says nothing of --format {form}",
            "leave it out, or ask for --format markdown",
        )
    return AUDIENCES[audience](results)


def _terminal(results: Results, look: Look) -> Rendered:
    return render_terminal(results, look.width, look.color, verbose=look.verbose), []


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all, as UTF-8; a pipe or device is written to as it is.

    Raises SetupError.
    """
    data = text.encode("utf-8", "backslashreplace")
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".gate.{secrets.token_hex(8)}")
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        try:
            beside.write_bytes(data)
            if target.exists():
                shutil.copymode(target, beside)
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise SetupError(
            f"{path} cannot be written: {error.strerror or error}", "name another --output"
        ) from error


def _changed_since(paths: list[str]) -> list[str]:
    if not paths:
        return []
    named = some_of([one_line(path) for path in paths], _MOST_NAMED)
    why = "not as it was when it was mutated, or not in this repository"
    return [f"{named}: {why}; only the lines of its mutants are shown"]
