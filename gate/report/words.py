"""What all reports say in the same words: verdict, counts, places; and text made harmless."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from gate.results.document import spans_text
from gate.results.schema import (
    Coverage,
    ExclusionEntry,
    FileEntry,
    FindingEntry,
    OrderEntry,
    Results,
    Suite,
)
from gate.results.values import Share

# `::name::`; text that wraps may begin a line with it.
_COMMAND = re.compile(r"^( *):(?=:)", re.MULTILINE)
ORDER_OF_COUNTS = (
    ("passed", "passed"),
    ("failed", "failed"),
    ("error", "in error"),
    ("timeout", "timed out"),
    ("crashed", "crashed"),
    ("skipped", "skipped"),
    ("xfailed", "failed as expected"),
    ("xpassed", "passed unexpectedly"),
    ("excluded", "excluded"),
)
HEADLINES = {
    "pass": "every requirement that was judged is met",
    "fail": "a requirement is not met",
    "inconclusive": "evidence is missing or contradicts itself",
}


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


def percents(coverage: Coverage, of: Coverage | FileEntry) -> tuple[str, ...]:
    """Write line, branch and function coverage, of all or of one file of `coverage`.

    Without needless zeros, nothing to cover as a dash, and as intervals where something could not be
    measured: it may have covered the rest.
    """
    shares = (of.line, of.branch, of.function)
    return tuple(percent(share, complete=coverage.complete) for share in shares)


def percent(share: Share, *, complete: bool) -> str:
    """Write one share, as an interval unless all that it could cover was measured."""
    if share.percent is None:
        return "-"
    low = number(share.percent)
    return low if complete or share.covered == share.total else f"{low}-100"


def number(value: float) -> str:
    """Write a number without needless zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def counts_line(suite: Suite) -> str:
    """Write the counts that are not zero; the number of passed tests always."""
    counts = suite.counts.model_dump()
    told = [
        f"{counts[name]:,} {word}"
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


def order_line(order: OrderEntry) -> str:
    """Write what the order probe did."""
    if order.probed == 0:
        reason = f": {order.reason}" if order.reason else ""
        return f"no test was run again in another order{reason}"
    why = f" ({order.reason})" if order.reason else ""
    found = len(order.dependent)
    told = "none depends" if found == 0 else "1 depends" if found == 1 else f"{found} depend"
    return (
        f"{order.probed:,} of {order.total:,} green tests ran again in another order{why}, "
        f"{told} on it"
    )


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


def by_rule(findings: Iterable[FindingEntry]) -> dict[str, list[FindingEntry]]:
    """Gather findings by rule and by what they force, in the order of the document."""
    gathered: dict[str, list[FindingEntry]] = defaultdict(list)
    for finding in findings:
        forces = f" ({finding.forces})" if finding.forces == "inconclusive" else ""
        gathered[f"{finding.rule}{forces}"].append(finding)
    return gathered


def with_help(findings: list[FindingEntry]) -> Iterator[tuple[FindingEntry, str]]:
    """Pair each finding with its next step; one that is the same for a run comes with the last."""
    for finding, following in zip_longest(findings, findings[1:]):
        again = following is not None and following.help == finding.help
        yield finding, "" if again else finding.help


def advice(results: Results) -> list[FindingEntry]:
    """List what forces nothing, without the exclusions, which have a place of their own."""
    return [
        finding
        for finding in results.findings
        if finding.forces is None and (finding.level, finding.rule) != ("note", "suite.exclusions")
    ]


def worst_first(coverage: Coverage) -> list[tuple[str, FileEntry]]:
    """Order files by line, branch and function coverage, the unreadable before all."""
    return sorted(coverage.files.items(), key=lambda item: (*_badness(item[1]), item[0]))


def _badness(file: FileEntry) -> tuple[float, ...]:
    shares = (file.line, file.branch, file.function)
    return (
        0.0 if file.unreadable else 1.0,
        *(100.0 if share.percent is None else share.percent for share in shares),
    )


def is_full(file: FileEntry) -> bool:
    """Say whether nothing is missing in a file."""
    shares = (file.line, file.branch, file.function)
    return not file.unreadable and all(share.covered == share.total for share in shares)


def missing(file: FileEntry, width: int) -> str:
    """Say what is missing in at most `width` characters: lines, else branches, else functions."""
    if file.unreadable:
        return _shorten(f"unreadable: {one_line(file.unreadable)}", width)
    if file.missing_lines:
        return _fit([spans_text([span]) for span in file.missing_lines], width)
    if file.missing_branches:
        ways = [f"{a} to {'exit' if b < 1 else b}" for a, b in file.missing_branches]
        several = "branch" if len(ways) == 1 else "branches"
        return _fit([f"{several} {ways[0]}", *ways[1:]], width)
    return _fit([one_line(function.function) for function in file.missing_functions], width)


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


def rest_of_files(files: list[tuple[str, FileEntry]]) -> str:
    """Say what became of the files that a table leaves out."""
    full = sum(is_full(file) for _, file in files)
    parts = [
        f"{count:,} more {'file' if count == 1 else 'files'} {what}"
        for count, what in ((len(files) - full, "with gaps"), (full, "fully covered"))
        if count
    ]
    return ", ".join(parts)


def exclusions(suite: Suite) -> list[tuple[ExclusionEntry, int]]:
    """Give one entry for each pattern that excludes, with the number of tests that it excludes."""
    counts = Counter(entry.pattern for entry in suite.excluded)
    first = {entry.pattern: entry for entry in reversed(suite.excluded)}
    return [(first[pattern], counts[pattern]) for pattern in sorted(first)]


def skip_reasons(suite: Suite) -> list[tuple[str, int]]:
    """Count the skipped tests by reason, the most frequent first."""
    reasons = Counter(one_line(t.message, 200) for t in suite.not_passed if t.outcome == "skipped")
    return sorted(reasons.items(), key=lambda item: (-item[1], item[0]))


def not_judged(results: Results) -> str:
    """Name what this verdict says nothing about."""
    if results.command == "mutate":
        return "coverage (gate mutate judges mutants alone)"
    left_out = [] if results.changed else ["changed lines (no --base was given)"]
    left_out += [] if results.mutation.ran else ["mutation (it did not run)"]
    return " and ".join(left_out)


def isolation_line(results: Results) -> str:
    """Write the level of isolation, what is not in force, and each measure."""
    said = {one_line(name): one_line(text) for name, text in results.isolation.items()}
    level, lacking = said.pop("level", ""), said.pop("not in force", "")
    first = f"{level} (not in force: {lacking})" if lacking not in ("", "nothing") else level
    rest = ", ".join(f"{name} {text}" for name, text in said.items())
    return "; ".join(part for part in (first, rest) if part)
