"""The results document as GitHub Markdown, for a step summary (1 MiB) and a comment (65,536 characters)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gate.model import ChangedLines, CoverageMap, Finding
from gate.report import causes, mutants, words
from gate.report.caps import COMMENT, COMMENT_LIMIT, SUMMARY, SUMMARY_LIMIT, Caps, fitted
from gate.report.headline import headline, verdict
from gate.report.markdown_lost import lost_parts
from gate.report.markdown_mutants import figures, survivors
from gate.report.markup import code, folded, prose
from gate.report.words import counted
from gate.results.document import Results

# Begins the one comment of a pull request that is written again by each run.
STICKY = "<!-- gate: one comment, written again by each run -->"
_MISSING_WIDTH = 60


def render_markdown(results: Results) -> str:
    """Render a step summary: verdict, reasons, changed lines and survivors first, details folded."""
    return fitted(lambda caps: _text(_report(results, caps)), SUMMARY, SUMMARY_LIMIT)


def render_comment(results: Results) -> str:
    """Render the same for a comment, with fewer rows and `STICKY` as its first line."""
    return fitted(lambda caps: _text([STICKY, *_report(results, caps)]), COMMENT, COMMENT_LIMIT)


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _report(results: Results, caps: Caps) -> Iterator[str]:
    yield f"## gate: {prose(verdict(results))}"
    yield ""
    yield f"{prose(headline(results))}."
    yield ""
    reasons, rest = _reasons(results, caps)
    yield from _findings(reasons, len(reasons))
    yield from [f"- and {counted(len(rest), 'more reason')}, below"] if rest else []
    yield from [""] if reasons or rest else []
    yield from _totals(results)
    figures_known = causes.has_figures(results)
    if results.changed is not None and results.command == "check" and figures_known:
        yield from _changed(results.changed, results, caps.changed)
    yield from survivors(results, caps)
    yield from lost_parts(results.lost, caps.survivors)
    yield from _details(results, caps)


def _reasons(results: Results, caps: Caps) -> tuple[list[Finding], list[Finding]]:
    """Part what stands in the open, a few of each rule, from the other reasons."""
    groups = words.by_rule(causes.reasons(results))
    first = [finding for group in groups.values() for finding in group[: caps.each]]
    rest = [finding for group in groups.values() for finding in group[caps.each :]]
    return first[: caps.reasons], [*first[caps.reasons :], *rest]


def _findings(findings: list[Finding], most: int) -> Iterator[str]:
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
    if not causes.has_figures(results):
        return
    if results.command == "check":
        yield from _coverage_totals(results)
    if results.mutation is not None:
        yield f"Mutation: {mutants.score_line(results)}."
        yield ""


def _coverage_totals(results: Results) -> Iterator[str]:
    asked = results.policy.thresholds.coverage
    yield "| Coverage in percent | line | branch | function |"
    yield "|---|---:|---:|---:|"
    yield _row("in total", results.coverage, results)
    yield _required("required", asked.line, asked.branch, asked.function)
    if results.changed is not None:
        yield _row("changed lines", results.coverage_of_change, results)
        yield _required("required there", asked.changed_line, asked.changed_branch, None)
    yield ""


def _required(name: str, *asked: float | None) -> str:
    return f"| {name} | {' | '.join('' if it is None else words.number(it) for it in asked)} |"


def _row(name: str, coverage: CoverageMap, results: Results) -> str:
    percents = words.percents(coverage, complete=results.complete)
    return f"| {name} | {' | '.join(percents)} |"


def _changed(changed: ChangedLines, results: Results, most: int) -> Iterator[str]:
    """Write the files of the change with their gaps in the open."""
    dirty = ", with uncommitted changes" if changed.dirty else ""
    commits = f"{code(changed.merge_base[:10])} to {code(changed.head[:10])}"
    coverage = results.coverage_of_change
    gaps = sum(not words.is_full(file) for file in coverage.files)
    found = (
        "none has a gap" if not gaps else f"{gaps:,} {'has a gap' if gaps == 1 else 'have gaps'}"
    )
    yield "### Changed lines"
    yield ""
    yield (
        f"{counted(len(coverage.files), 'measured file')} changed since {code(changed.base)} "
        f"({commits}{dirty}), {found}."
    )
    yield ""
    if gaps:
        yield from _files(coverage, results, most)
        yield ""


def _files(coverage: CoverageMap, results: Results, most: int) -> Iterator[str]:
    files = words.worst_first(coverage)
    if files and most:
        yield "| File | line | branch | function | missing |"
        yield "|---|---:|---:|---:|---|"
    for file in files[:most]:
        shares = " | ".join(words.percents(file, complete=results.complete))
        yield f"| {code(file.path)} | {shares} | {prose(words.missing(file, _MISSING_WIDTH))} |"
    if len(files) > most:
        yield ""
        yield words.rest_of_files(files[most:]).capitalize() + "."


def _details(results: Results, caps: Caps) -> Iterator[str]:
    _, rest = _reasons(results, caps)
    yield from folded(counted(len(rest), "more reason"), _findings(rest, caps.reasons))
    yield from folded(f"Tests: {words.counts_line(results.suite)}", _tests(results, caps))
    if results.command == "check" and causes.has_figures(results):
        title = f"Coverage of {counted(len(results.coverage.files), 'file')}"
        yield from folded(title, _files(results.coverage, results, caps.files))
    yield from figures(results, caps) if causes.has_figures(results) else ()
    excluded = counted(len(results.suite.exclusions), "excluded test")
    yield from folded(excluded, _excluded(results, caps.notes))
    told = words.advice(results)
    yield from folded(
        counted(len(told), "warning or note", "warnings and notes"), _findings(told, caps.notes)
    )
    yield from folded("How this was measured", _circumstances(results, caps.facts))


def _tests(results: Results, caps: Caps) -> Iterator[str]:
    suite, most = results.suite, caps.groups
    for group in suite.groups[:most]:
        yield f"- **{group.count:,} {group.cause.kind}**: {prose(group.cause.text or group.cause.group)}"
        yield from (f"  - {code(test)}" for test in group.tests[: caps.tests])
        if group.count > caps.tests:
            yield f"  - and {group.count - caps.tests:,} more"
    if len(suite.groups) > most:
        yield f"- and {counted(len(suite.groups) - most, 'more cause')}"
    skipped = words.skip_reasons(suite)
    for reason, count in skipped[:most]:
        yield f"- {count:,} skipped: {prose(reason)}"
    left = sum(count for _, count in skipped[most:])
    yield from [f"- and {left:,} more skipped"] if left else []
    yield f"- Order check: {prose(words.order_line(suite.order))}"


def _excluded(results: Results, most: int) -> Iterator[str]:
    excluded = words.exclusions(results.suite)
    for entry, count in excluded[:most]:
        yield (
            f"- {counted(count, 'test')} by {code(entry.pattern)}: {prose(entry.reason)} "
            f"(until {entry.expires.isoformat()}, owner {prose(entry.owner)})"
        )
    left = sum(count for _, count in excluded[most:])
    yield from [f"- and {counted(left, 'more test')}"] if left else []


def _circumstances(results: Results, most: int) -> Iterator[str]:
    not_judged = words.not_judged(results)
    if not_judged:
        yield f"- Not judged: {not_judged}"
    yield f"- Policy: {code(results.policy.origin)} ({code(results.policy.digest[:12])})"
    facts = [*results.suite.isolation.items(), *results.suite.environment.items()]
    yield from (f"- {prose(name)}: {prose(value)}" for name, value in facts[:most])
    yield from [f"- and {len(facts) - most:,} more"] if len(facts) > most else []
    yield f"- {results.tool.name} {prose(results.tool.version)}, {results.created}"
