"""What all reports say in the same words: verdict, counts, places; and text made harmless."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from gate.model import (
    MUTATION,
    CoverageMap,
    Exclusion,
    FileCoverage,
    Finding,
    OrderProbe,
    Outcome,
    Ratio,
    SuiteRun,
    TestOutcome,
)
from gate.model.values import spans, spans_text
from gate.results.document import Results

# `::name::`; text that wraps may begin a line with it.
_COMMAND = re.compile(r"^( *):(?=:)", re.MULTILINE)
ORDER_OF_COUNTS: tuple[tuple[Outcome, str], ...] = (
    ("passed", "passed"),
    ("failed", "failed"),
    ("error", "error"),
    ("timeout", "timed out"),
    ("crashed", "crashed"),
    ("skipped", "skipped"),
    ("xfailed", "failed as expected"),
    ("xpassed", "passed unexpectedly"),
    ("excluded", "excluded"),
)
_MOST_SAID = 120
_MOST_PLACES = 3
# What pytest says of a mark without a reason.
_NO_REASON = "unconditional skip"


def one_line(text: str, most: int = 1_000) -> str:
    """Make text from the code harmless: one line, nothing invisible, no command to a CI runner.

    At most `most` characters are read; what does not print is spelled out.
    """
    shown = text if len(text) <= most else text[: most - 3] + "..."
    if not shown.isprintable():
        shown = "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
            for char in shown
        )
    # A runner reads `##[` as a command wherever it stands in a line.
    return shown.replace("##[", "# #[")


def disarmed(lines: str) -> str:
    """Part the colons of a command to a CI runner, which it takes first on a line alone.

    A line may become one character longer.
    """
    return _COMMAND.sub(r"\1: ", lines)


def percents(of: CoverageMap | FileCoverage, *, complete: bool) -> tuple[str, ...]:
    """Write line, branch and function coverage, of all or of one file.

    Without needless zeros, nothing to cover as a dash, and as intervals where something could not be
    measured: it may have covered the rest.
    """
    return tuple(percent(ratio, complete=complete) for ratio in (of.line, of.branch, of.function))


def percent(share: Ratio, *, complete: bool) -> str:
    """Write one share, as an interval unless all that it could cover was measured."""
    if share.percent is None:
        return "-"
    low = number(share.percent)
    return low if complete or share.covered == share.total else f"{low}-100"


def number(value: float) -> str:
    """Write a number without needless zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def counts_line(suite: SuiteRun) -> str:
    """Write the counts that are not zero; the number of passed tests always."""
    counts = suite.counts
    told = [
        f"{counts[name]:,} {word}{'s' * (name == 'error' and counts[name] != 1)}"
        for name, word in ORDER_OF_COUNTS
        if counts[name] or name == "passed"
    ]
    return f"{', '.join(told)} in {duration(suite.seconds)}"


def duration(seconds: float) -> str:
    """Write seconds as `0.4 s`, `48 s` or `3 min 20 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def order_line(order: OrderProbe) -> str:
    """Write what running tests again in another order found out."""
    if order.probed == 0:
        return f"skipped{f': {order.reason}' if order.reason else ''}"
    found = len(order.dependent)
    told = (
        "no order dependence found" if not found else f"{counted(found, 'test')} need others first"
    )
    told = "1 test needs others first" if found == 1 else told
    return f"{order.probed:,} of {counted(order.total, 'test')} re-run in another order; {told}"


def place(path: str | None, line: int | None) -> str:
    """Write `path:line`, the path alone, or nothing."""
    if not path:
        return ""
    return one_line(path) if line is None else f"{one_line(path)}:{line}"


def counted(count: int, one: str, several: str = "") -> str:
    """Write a number with its noun."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def some_of(names: Sequence[str], most: int) -> str:
    """Name the first of several, and count the others."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def by_rule(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Gather findings by rule and by what they force, in the order of the document."""
    gathered: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        forces = f" ({finding.forces})" if finding.forces == "inconclusive" else ""
        gathered[f"{finding.rule}{forces}"].append(finding)
    return gathered


def with_help(findings: list[Finding]) -> Iterator[tuple[Finding, str]]:
    """Pair each finding with its next step; one that is the same for a run comes with the last."""
    for finding, following in zip_longest(findings, findings[1:]):
        again = following is not None and following.help == finding.help
        yield finding, "" if again else finding.help


def advice(results: Results) -> list[Finding]:
    """List what forces nothing, without the exclusions, which have a place of their own."""
    return [
        finding
        for finding in results.findings
        if finding.forces is None and (finding.level, finding.rule) != ("note", "suite.exclusions")
    ]


def worst_first(coverage: CoverageMap) -> list[FileCoverage]:
    """Order files by line, branch and function coverage, the unreadable before all."""
    return sorted(coverage.files, key=lambda file: (*_badness(file), file.path))


def _badness(file: FileCoverage) -> tuple[float, ...]:
    shares = (file.line, file.branch, file.function)
    return (
        0.0 if file.unreadable else 1.0,
        *(100.0 if share.percent is None else share.percent for share in shares),
    )


def is_full(file: FileCoverage) -> bool:
    """Say whether nothing is missing in a file."""
    shares = (file.line, file.branch, file.function)
    return not file.unreadable and all(share.covered == share.total for share in shares)


def missing(file: FileCoverage, width: int) -> str:
    """Say what is missing in at most `width` characters: lines, else branches, else functions."""
    if file.unreadable:
        return _shorten(f"unreadable: {one_line(file.unreadable)}", width)
    if file.missing_lines:
        return _fit([spans_text([span]) for span in spans(file.missing_lines)], width)
    if file.missing_branches:
        ways = [f"{a} to {'exit' if b < 1 else b}" for a, b in sorted(file.missing_branches)]
        several = "branch" if len(ways) == 1 else "branches"
        return _fit([f"{several} {ways[0]}", *ways[1:]], width)
    return _fit([one_line(function.qualname) for function in file.missing_functions], width)


def _fit(words: list[str], width: int) -> str:
    """Join as many words as fit, and say how many do not."""
    whole = ", ".join(words)
    if len(whole) <= width:
        return whole
    for kept in range(len(words) - 1, 0, -1):
        text = f"{', '.join(words[:kept])} and {len(words) - kept} more"
        if len(text) <= width:
            return text
    return _shorten(whole, width)


def _shorten(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 3, 0)] + "..."


def rest_of_files(files: list[FileCoverage]) -> str:
    """Say what became of the files that a table leaves out."""
    full = sum(is_full(file) for file in files)
    parts = [
        f"{count:,} more {'file' if count == 1 else 'files'} {what}"
        for count, what in ((len(files) - full, "with gaps"), (full, "fully covered"))
        if count
    ]
    return ", ".join(parts)


def exclusions(suite: SuiteRun) -> list[tuple[Exclusion, int]]:
    """Give one entry for each pattern that excludes, with the number of tests that it excludes."""
    counts = Counter(entry.pattern for entry in suite.exclusions)
    first = {entry.pattern: entry for entry in reversed(suite.exclusions)}
    return [(first[pattern], counts[pattern]) for pattern in sorted(first)]


def skip_reasons(suite: SuiteRun) -> list[tuple[str, int]]:
    """Count the skipped tests by reason, the most frequent first; without one, their place stands for it."""
    skipped = [test for test in suite.outcomes if test.outcome == "skipped"]
    reasons = Counter(_reason(test) for test in skipped)
    told = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    places = sorted({place(test.path, test.line) for test in skipped if not _reason(test)} - {""})
    nameless = f"no reason given{f' ({some_of(places, _MOST_PLACES)})' if places else ''}"
    return [(reason or nameless, count) for reason, count in told]


def _reason(skipped: TestOutcome) -> str:
    return "" if skipped.message == _NO_REASON else one_line(skipped.message, 200)


def left_out(results: Results) -> str:
    """Say what the command line kept from being judged, and by which words; empty where nothing was.

    Such as `mutation and lost kills not judged: --no-mutation`. Of `gate mutate` its name says it.
    """
    if results.command == "mutate":
        return ""
    parts: dict[str, list[str]] = defaultdict(list)
    for part in results.not_judged:
        parts[one_line(part.why, _MOST_SAID)].append(one_line(part.what, _MOST_SAID))
    told = [f"{' and '.join(what)} not judged: {why}" for why, what in parts.items()]
    return "; ".join(told)


def not_judged(results: Results) -> str:
    """Name all that this verdict says nothing about."""
    if results.command == "mutate":
        return "coverage (gate mutate judges mutants alone)"
    told = [f"{one_line(part.what)} ({one_line(part.why)})" for part in results.not_judged]
    told += [] if results.changed else ["changed lines (no --base was given)"]
    if results.mutation is None and all(part.what != MUTATION for part in results.not_judged):
        told.append("mutation (it did not run)")
    return ", ".join(told)


def isolation_line(results: Results, more: str = "") -> str:
    """Write the level of isolation and what is not in force; `more` is the command that tells the rest."""
    level = one_line(results.suite.isolation.get("level", ""))
    lacking = one_line(results.suite.isolation.get("not in force", ""))
    told = [] if lacking in ("", "nothing") else [f"not in force: {lacking}"]
    told += [f"details: {more}"] if more else []
    return level + (f" ({'; '.join(told)})" if level and told else "")
