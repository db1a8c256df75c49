"""The results document for a terminal or a CI log, at a given width (rich)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gate.report import words
from gate.report.words import one_line
from gate.results_schema import Changed, Coverage, FindingEntry, GroupEntry, Results, Share

LEAST_WIDTH = 60
_MOST_FINDINGS = 8
_MOST_GROUPS = 10
_MOST_TESTS = 3
_MOST_FILES = 20
_MOST_REASONS = 5
_HEADS = ("line %", "branch %", "func %")
_STYLES = {"pass": "bold green", "fail": "bold red", "inconclusive": "bold yellow"}
_LEVELS = {"error": "red", "warning": "yellow", "note": "cyan"}
# A CI runner takes `::name::` first on a line for a command, and a name may wrap before its colons.
_COMMAND = re.compile(r"^( *):(?=:)", re.MULTILINE)


def render_terminal(results: Results, width: int, color: bool, location: str = "") -> str:
    """Render for `width` columns; `location` says where the document is, for the last line."""
    console = Console(
        file=StringIO(),
        # One column less, as a disarmed line is one character longer.
        width=max(width, LEAST_WIDTH) - 1,
        height=100,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        force_jupyter=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    with console.capture() as capture:
        for renderable in _report(results, console.width, location):
            console.print(renderable)
    lines = "\n".join(line.rstrip() for line in capture.get().splitlines())
    return _COMMAND.sub(r"\1: ", lines) + "\n"


def _report(results: Results, width: int, location: str) -> Iterator[RenderableType]:
    yield _headline(results)
    yield from _reasons(results)
    yield from _suite(results)
    yield from _failures(results)
    if results.changed is not None:
        yield from _changed(results.changed, results, width)
    yield from _coverage(results, width)
    yield from _excluded(results)
    yield from _advice(results)
    yield from _footer(results, location)


def _headline(results: Results) -> Text:
    return Text.assemble(
        (results.verdict.upper(), _STYLES[results.verdict]),
        f": {words.HEADLINES[results.verdict]}",
        (f" (exit code {results.exit_code})", "dim"),
    )


def _reasons(results: Results) -> Iterator[RenderableType]:
    reasons = [finding for finding in results.findings if finding.forces]
    if reasons:
        yield from _heading("Why")
        yield from _findings(reasons)


def _heading(title: str) -> Iterator[RenderableType]:
    yield Text("")
    yield Text(title, style="bold underline")


def _findings(findings: list[FindingEntry]) -> Iterator[RenderableType]:
    for rule, told in words.by_rule(findings).items():
        yield _indented(Text(one_line(rule), style=f"bold {_LEVELS[told[0].level]}"), 2)
        shown = told[:_MOST_FINDINGS]
        for finding, help_text in words.with_help(shown):
            yield _indented(_finding(finding), 4)
            if help_text:
                yield _indented(Text(f"Next: {one_line(help_text)}", style="cyan"), 6)
        if len(told) > len(shown):
            yield _indented(Text(f"and {len(told) - len(shown):,} more findings of this rule"), 4)


def _finding(finding: FindingEntry) -> Text:
    place = words.place(finding.path, finding.line)
    return Text.assemble(one_line(finding.message), (f" ({place})" if place else "", "dim"))


def _indented(text: Text, columns: int) -> Padding:
    return Padding(text, (0, 0, 0, columns))


def _suite(results: Results) -> Iterator[RenderableType]:
    yield from _heading("Tests")
    yield _indented(Text(words.counts_line(results.suite)), 2)
    yield _indented(Text(f"Order probe: {one_line(words.order_line(results.suite.order))}"), 2)
    reasons = words.skip_reasons(results.suite)
    for reason, count in reasons[:_MOST_REASONS]:
        yield _indented(Text(f"{count:,} skipped: {reason or 'no reason given'}"), 2)
    if len(reasons) > _MOST_REASONS:
        left = sum(count for _, count in reasons[_MOST_REASONS:])
        yield _indented(Text(f"{left:,} skipped for other reasons"), 2)


def _failures(results: Results) -> Iterator[RenderableType]:
    groups = results.suite.groups
    if not groups:
        return
    yield from _heading("Failures by cause")
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", min_width=4)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for group in groups[:_MOST_GROUPS]:
        table.add_row(
            Text(f"{group.count:,}", style="bold red"),
            group.kind,
            Text(one_line(group.group), style="bold"),
        )
        for line in _examples(group):
            table.add_row("", "", line)
    yield table
    if len(groups) > _MOST_GROUPS:
        left = sum(group.count for group in groups[_MOST_GROUPS:])
        yield _indented(
            Text(f"and {left:,} more tests with {len(groups) - _MOST_GROUPS:,} other causes"), 2
        )


def _examples(group: GroupEntry) -> Iterator[Text]:
    for test in group.tests[:_MOST_TESTS]:
        yield Text(one_line(test))
    if group.count > _MOST_TESTS:
        yield Text(f"and {group.count - _MOST_TESTS:,} more", style="dim")


def _changed(changed: Changed, results: Results, width: int) -> Iterator[RenderableType]:
    yield from _heading("Changed lines")
    dirty = " with uncommitted changes" if changed.dirty else ""
    files = f"{len(changed.change):,} {'file' if len(changed.change) == 1 else 'files'}"
    yield _indented(
        Text(
            f"{files} since {one_line(changed.base)} "
            f"({changed.merge_base[:10]} to {changed.head[:10]}{dirty})"
        ),
        2,
    )
    required = results.policy.thresholds.coverage
    yield from _table(changed, (required.changed_line, required.changed_branch, None), width)


def _coverage(results: Results, width: int) -> Iterator[RenderableType]:
    yield from _heading("Coverage")
    required = results.policy.thresholds.coverage
    yield from _table(results.coverage, (required.line, required.branch, required.function), width)


def _table(
    coverage: Coverage, required: tuple[float | None, ...], width: int
) -> Iterator[RenderableType]:
    files = words.worst_first(coverage)
    shown = files[:_MOST_FILES]
    name = min(max(len(one_line(path)) for path in ["in total", *coverage.files]), width - 50)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(Text("  file", justify="left"), overflow="fold", width=name + 2)
    for head in _HEADS:
        table.add_column(head, justify="right", no_wrap=True, width=len(head))
    table.add_column("missing", overflow="fold")
    room = width - (name + 4) - sum(len(head) + 2 for head in _HEADS)
    table.add_row("  required", *("" if it is None else words.number(it) for it in required))
    total = zip((coverage.line, coverage.branch, coverage.function), required, strict=True)
    table.add_row("  in total", *(_judged(share, it) for share, it in total), style="bold")
    for path, file in shown:
        shares = (file.line, file.branch, file.function)
        table.add_row(
            _indented(Text(one_line(path)), 2),
            *(words.percent(share) for share in shares),
            Text(words.missing(file, room), style="dim"),
        )
    yield table
    if len(files) > len(shown):
        yield _indented(Text(words.rest_of_files(files[len(shown) :])), 2)


def _judged(share: Share, required: float | None) -> Text:
    below = required is not None and share.percent is not None and share.percent < required
    return Text(words.percent(share), style="red" if below else "")


def _excluded(results: Results) -> Iterator[RenderableType]:
    entries = words.exclusions(results.suite)
    if not entries:
        return
    yield from _heading("Excluded, never run")
    for entry, count in entries:
        tests = f"{count:,} {'test' if count == 1 else 'tests'}"
        yield _indented(Text(f"{tests} by {one_line(entry.pattern)}"), 2)
        terms = f"until {entry.expires.isoformat()}, owner {one_line(entry.owner)}"
        yield _indented(Text(f"{one_line(entry.reason)} ({terms})", style="dim"), 6)


def _advice(results: Results) -> Iterator[RenderableType]:
    told = words.advice(results)
    if told:
        yield from _heading("Warnings and notes")
        yield from _findings(told)


def _footer(results: Results, location: str) -> Iterator[RenderableType]:
    yield Text("")
    not_judged = words.not_judged(results)
    if not_judged:
        yield Text(f"Not judged: {not_judged}")
    isolation = ", ".join(f"{one_line(k)} {one_line(v)}" for k, v in results.isolation.items())
    if isolation:
        yield Text(f"Isolation: {isolation}")
    yield Text(f"Policy: {one_line(results.policy.origin)} ({results.policy.digest[:12]})")
    if location:
        yield Text(f"Results: {one_line(location)}")
