"""The results document for a terminal or a CI log, at a given width (rich)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from gate.model import ChangedLines, CoverageMap, Group, MutantResult
from gate.report import words
from gate.report.causes import has_figures, reasons
from gate.report.headline import headline, verdict
from gate.report.hints import python_option
from gate.report.rows import Row, heading, plain
from gate.report.terminal_findings import finding_rows
from gate.report.terminal_lost import lost_rows
from gate.report.terminal_mutants import (
    line_rows,
    mutant_rows,
    mutation_rows,
    proof_rows,
    proved_rows,
    survivor_rows,
)
from gate.report.words import disarmed, one_line
from gate.results.document import Results

Part = RenderableType | Row

LEAST_WIDTH = 60
_MOST_GROUPS = 10
_MOST_TESTS = 3
_MOST_FILES = 20
_MOST_REASONS = 5
_HEADS = ("line %", "branch %", "func %")
_INTERVAL = len("99.99-100")
_STYLES = {"pass": "bold green", "fail": "bold red", "inconclusive": "bold yellow"}


def render_terminal(
    results: Results, width: int, color: bool, location: str = "", *, verbose: bool = False
) -> str:
    """Render for `width` columns; `location` says where the document is, for the last line.

    With `verbose` the end tells each measure of isolation, and of the environment.
    """
    end = [*(_circumstances(results) if verbose else ()), *_footer(results, location, verbose)]
    return _drawn([*_report(results, _inner(width)), *end], width, color)


def render_mutant(results: Results, result: MutantResult, width: int, color: bool) -> str:
    """Render all that is known of one mutant of the document; commands to copy never wrap."""
    return _drawn(mutant_rows(results, result), width, color)


def render_line(mutants: Sequence[MutantResult], width: int, color: bool) -> str:
    """Render the mutants of one line of a file."""
    return _drawn(line_rows(mutants), width, color)


def render_proved(results: Sequence[MutantResult], width: int, color: bool) -> str:
    """Render what became of mutants with the tests as they are now."""
    return _drawn(proved_rows(results), width, color)


def render_proof(
    results: Results, before: MutantResult, result: MutantResult, width: int, color: bool = False
) -> str:
    """Render what came of running a mutant's tests again, beside what the document says of it."""
    rows = proof_rows(before, result, python_option(results.suite.environment))
    return _drawn(rows, width, color)


def render_rows(rows: Iterable[Row], width: int, color: bool) -> str:
    """Render rows that are no report: what a command tells beside one."""
    return _drawn(rows, width, color)


def _inner(width: int) -> int:
    # One column less, as a disarmed line is one character longer.
    return max(width, LEAST_WIDTH) - 1


def _drawn(parts: Iterable[Part], width: int, color: bool) -> str:
    console = Console(
        file=StringIO(),
        width=_inner(width),
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
        for part in parts:
            copied = isinstance(part, Row) and part.kind == "copied"
            console.print(_styled(part) if isinstance(part, Row) else part, soft_wrap=copied)
    lines = "\n".join(line.rstrip() for line in capture.get().splitlines())
    return disarmed(lines) + "\n"


def _styled(row: Row) -> RenderableType:
    if row.kind == "copied":
        return Text.assemble(" " * row.indent, *row.pieces)
    if row.kind == "wrapped":
        return _indented(Text.assemble(*row.pieces), row.indent)
    grid = Table.grid(Column(no_wrap=True), Column(overflow="fold"))
    grid.add_row(Text.assemble(row.pieces[0]), Text.assemble(*row.pieces[1:]))
    return _indented(grid, row.indent)


def _indented(text: RenderableType, columns: int) -> Padding:
    return Padding(text, (0, 0, 0, columns))


def _report(results: Results, width: int) -> Iterator[Part]:
    yield _headline(results)
    yield from _reasons(results)
    yield from _suite(results)
    yield from _failures(results)
    if results.command == "check" and has_figures(results):
        if results.changed is not None:
            yield from _changed(results.changed, results, width)
        yield from _coverage(results, width)
    yield from _mutation(results, width)
    yield from lost_rows(results.lost, width)
    yield from _excluded(results)
    yield from _advice(results)


def _headline(results: Results) -> Row:
    told = (verdict(results), _STYLES[results.verdict])
    return Row(0, (told, (f": {headline(results)}", "")))


def _reasons(results: Results) -> Iterator[Part]:
    found = reasons(results)
    if found:
        yield from heading("Why")
        yield from finding_rows(found)


def _suite(results: Results) -> Iterator[Row]:
    yield from heading("Tests")
    yield plain(words.counts_line(results.suite))
    yield plain(f"Order check: {one_line(words.order_line(results.suite.order))}")
    skipped = words.skip_reasons(results.suite)
    for reason, count in skipped[:_MOST_REASONS]:
        yield plain(f"{count:,} skipped: {reason}")
    if len(skipped) > _MOST_REASONS:
        left = sum(count for _, count in skipped[_MOST_REASONS:])
        yield plain(f"{left:,} skipped for other reasons")


def _failures(results: Results) -> Iterator[Part]:
    groups = results.suite.groups
    if not groups:
        return
    yield from heading("Failures by cause")
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", min_width=4)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for group in groups[:_MOST_GROUPS]:
        table.add_row(
            Text(f"{group.count:,}", style="bold red"),
            group.cause.kind,
            Text(one_line(group.cause.text or group.cause.group), style="bold"),
        )
        for line in _examples(group):
            table.add_row("", "", line)
    yield table
    if len(groups) > _MOST_GROUPS:
        left = sum(group.count for group in groups[_MOST_GROUPS:])
        yield plain(f"and {left:,} more tests with {len(groups) - _MOST_GROUPS:,} other causes")


def _examples(group: Group) -> Iterator[Text]:
    for test in group.tests[:_MOST_TESTS]:
        yield Text(one_line(test))
    if group.count > _MOST_TESTS:
        yield Text(f"and {group.count - _MOST_TESTS:,} more", style="dim")


def _changed(changed: ChangedLines, results: Results, width: int) -> Iterator[Part]:
    yield from heading("Changed lines")
    dirty = " with uncommitted changes" if changed.dirty else ""
    commits = f"{changed.merge_base[:10]} to {changed.head[:10]}{dirty}"
    files = words.counted(len(changed.files), "file")
    yield plain(f"{files} since {one_line(changed.base)} ({commits})")
    required = results.policy.thresholds.coverage
    asked = (required.changed_line, required.changed_branch, None)
    yield from _table(results.coverage_of_change, asked, width, complete=results.complete)


def _coverage(results: Results, width: int) -> Iterator[Part]:
    yield from heading("Coverage")
    required = results.policy.thresholds.coverage
    asked = (required.line, required.branch, required.function)
    yield from _table(results.coverage, asked, width, complete=results.complete)


def _table(
    coverage: CoverageMap, required: tuple[float | None, ...], width: int, *, complete: bool
) -> Iterator[Part]:
    files = words.worst_first(coverage)
    shown = files[:_MOST_FILES]
    name = min(max(len(one_line(path)) for path in ["in total", *coverage.by_path]), width - 50)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(Text("  file", justify="left"), overflow="fold", width=name + 2)
    sizes = [len(head) if complete else _INTERVAL for head in _HEADS]
    for head, size in zip(_HEADS, sizes, strict=True):
        table.add_column(head, justify="right", no_wrap=True, width=size)
    table.add_column("missing", overflow="fold")
    room = width - (name + 4) - sum(size + 2 for size in sizes)
    table.add_row("  required", *("" if it is None else words.number(it) for it in required))
    table.add_row("  in total", *_judged(coverage, required, complete=complete), style="bold")
    for file in shown:
        table.add_row(
            _indented(Text(one_line(file.path)), 2),
            *words.percents(file, complete=complete),
            Text(words.missing(file, room), style="dim"),
        )
    yield table
    if len(files) > len(shown):
        yield plain(words.rest_of_files(files[len(shown) :]))


def _judged(
    coverage: CoverageMap, required: tuple[float | None, ...], *, complete: bool
) -> Iterator[Text]:
    """Write the totals: red is below for sure, yellow may be."""
    style = "red" if complete else "yellow"
    shares = (coverage.line, coverage.branch, coverage.function)
    for text, share, asked in zip(
        words.percents(coverage, complete=complete), shares, required, strict=True
    ):
        below = asked is not None and share.percent is not None and share.percent < asked
        yield Text(text, style=style if below else "")


def _mutation(results: Results, width: int) -> Iterator[Part]:
    if results.mutation is None or not has_figures(results):
        return
    yield from heading("Mutation")
    yield from mutation_rows(results, width)
    survivors = list(survivor_rows(results.mutant_run, width))
    if survivors:
        yield from heading("Surviving mutants")
        yield from survivors


def _excluded(results: Results) -> Iterator[Part]:
    entries = words.exclusions(results.suite)
    if not entries:
        return
    yield from heading("Excluded, never run")
    for entry, count in entries:
        yield plain(f"{words.counted(count, 'test')} by {one_line(entry.pattern)}")
        terms = f"until {entry.expires.isoformat()}, owner {one_line(entry.owner)}"
        yield plain(f"{one_line(entry.reason)} ({terms})", 6, "dim")


def _advice(results: Results) -> Iterator[Part]:
    told = words.advice(results)
    if told:
        yield from heading("Warnings and notes")
        yield from finding_rows(told)


def _circumstances(results: Results) -> Iterator[Row]:
    """Tell each measure of isolation and each fact of the environment."""
    yield from heading("How this was measured")
    facts = [*results.suite.isolation.items(), *results.suite.environment.items()]
    yield from (plain(f"{one_line(name)}: {one_line(text)}") for name, text in facts)


def _footer(results: Results, location: str, verbose: bool) -> Iterator[Row]:
    more = "" if verbose else "gate report -v"
    told = {
        "Not judged": words.not_judged(results),
        "Isolation": words.isolation_line(results, more),
        "Policy": f"{one_line(results.policy.origin)} ({results.policy.digest[:12]})",
        "Results": one_line(location),
    }
    yield plain("")
    yield from (plain(f"{name}: {text}", 0) for name, text in told.items() if text)
