"""The results document as GitHub Markdown, for a step summary: far below its limit of 1 MiB."""

from __future__ import annotations

from collections.abc import Iterator

from gate.report import mutants, words
from gate.report.markdown_mutants import mutation_parts
from gate.report.markup import code, folded, prose
from gate.report.words import counted
from gate.results_schema import Changed, Coverage, FindingEntry, Results

_MOST_REASONS = 40
_MOST_NOTES = 20
_MOST_GROUPS = 20
_MOST_TESTS = 5
_MOST_FILES = 50
_MISSING_WIDTH = 60


def render_markdown(results: Results) -> str:
    """Render verdict and reasons in the open, and all details folded."""
    return "\n".join(_report(results)) + "\n"


def _report(results: Results) -> Iterator[str]:
    yield f"## gate: {results.verdict.upper()}"
    yield ""
    yield f"{words.HEADLINES[results.verdict].capitalize()} (exit code {results.exit_code})."
    yield ""
    reasons = [finding for finding in results.findings if finding.forces]
    yield from _findings(reasons, _MOST_REASONS)
    yield ""
    yield from _totals(results)
    yield from folded(f"Tests: {words.counts_line(results.suite)}", _tests(results))
    if results.command == "check":
        yield from _measured(results)
    yield from mutation_parts(results)
    excluded = counted(results.suite.counts.excluded, "excluded test")
    yield from folded(excluded, _excluded(results))
    told = words.advice(results)
    yield from folded(
        counted(len(told), "warning or note", "warnings and notes"), _findings(told, _MOST_NOTES)
    )
    yield from folded("How this was measured", _circumstances(results))


def _findings(findings: list[FindingEntry], most: int) -> Iterator[str]:
    for finding, help_text in words.with_help(findings[:most]):
        place = words.place(finding.path, finding.line)
        at = f" at {code(place)}" if place else ""
        forces = " (inconclusive)" if finding.forces == "inconclusive" else ""
        yield f"- **{prose(finding.rule)}**{forces}{at}: {prose(finding.message)}"
        if help_text:
            yield f"  <br>Next: {prose(help_text)}"
    if len(findings) > most:
        yield f"- and {len(findings) - most:,} more in the results document"


def _totals(results: Results) -> Iterator[str]:
    if results.command == "check":
        yield from _coverage_totals(results)
    if results.mutation.ran:
        yield f"Mutation: {mutants.score_line(results)}."
        yield ""


def _coverage_totals(results: Results) -> Iterator[str]:
    asked = results.policy.thresholds.coverage
    yield "| Coverage in percent | line | branch | function |"
    yield "|---|---:|---:|---:|"
    yield _row("in total", results.coverage)
    yield _required("required", asked.line, asked.branch, asked.function)
    if results.changed is not None:
        yield _row("changed lines", results.changed)
        yield _required("required there", asked.changed_line, asked.changed_branch, None)
    yield ""


def _required(name: str, *asked: float | None) -> str:
    return f"| {name} | {' | '.join('' if it is None else words.number(it) for it in asked)} |"


def _row(name: str, coverage: Coverage) -> str:
    return f"| {name} | {' | '.join(words.percents(coverage, coverage))} |"


def _tests(results: Results) -> Iterator[str]:
    suite = results.suite
    for group in suite.groups[:_MOST_GROUPS]:
        yield f"- **{group.count:,} {group.kind}**: {prose(group.group)}"
        yield from (f"  - {code(test)}" for test in group.tests[:_MOST_TESTS])
        if group.count > _MOST_TESTS:
            yield f"  - and {group.count - _MOST_TESTS:,} more"
    if len(suite.groups) > _MOST_GROUPS:
        yield f"- and {counted(len(suite.groups) - _MOST_GROUPS, 'more cause')}"
    for reason, count in words.skip_reasons(suite)[:_MOST_GROUPS]:
        yield f"- {count:,} skipped: {prose(reason) or 'no reason given'}"
    yield f"- Order probe: {prose(words.order_line(suite.order))}"


def _measured(results: Results) -> Iterator[str]:
    if results.changed is not None:
        yield from folded(_changed_title(results.changed), _changed(results.changed))
    title = f"Coverage of {counted(len(results.coverage.files), 'file')}"
    yield from folded(title, _files(results.coverage))


def _changed_title(changed: Changed) -> str:
    return f"Changed lines in {counted(len(changed.files), 'measured file')}"


def _changed(changed: Changed) -> Iterator[str]:
    dirty = ", with uncommitted changes" if changed.dirty else ""
    commits = f"{code(changed.merge_base[:10])} to {code(changed.head[:10])}"
    yield f"Since {code(changed.base)}: {commits}{dirty}."
    yield ""
    yield from _files(changed)


def _files(coverage: Coverage) -> Iterator[str]:
    files = words.worst_first(coverage)
    if not files:
        return
    yield "| File | line | branch | function | missing |"
    yield "|---|---:|---:|---:|---|"
    for path, file in files[:_MOST_FILES]:
        figures = " | ".join(words.percents(coverage, file))
        yield f"| {code(path)} | {figures} | {prose(words.missing(file, _MISSING_WIDTH))} |"
    if len(files) > _MOST_FILES:
        yield ""
        yield words.rest_of_files(files[_MOST_FILES:]).capitalize() + "."


def _excluded(results: Results) -> Iterator[str]:
    for entry, count in words.exclusions(results.suite):
        yield (
            f"- {counted(count, 'test')} by {code(entry.pattern)}: {prose(entry.reason)} "
            f"(until {entry.expires.isoformat()}, owner {prose(entry.owner)})"
        )


def _circumstances(results: Results) -> Iterator[str]:
    not_judged = words.not_judged(results)
    if not_judged:
        yield f"- Not judged: {not_judged}"
    yield f"- Policy: {code(results.policy.origin)} ({code(results.policy.digest[:12])})"
    for name, value in (*results.isolation.items(), *results.environment.items()):
        yield f"- {prose(name)}: {prose(value)}"
    yield f"- {results.tool.name} {prose(results.tool.version)}, {results.created}"
