"""Findings for a terminal, as rows of styled text."""

from __future__ import annotations

from collections.abc import Iterator

from gate.model import Finding
from gate.report import words
from gate.report.rows import Row, plain
from gate.report.words import one_line

_MOST_FINDINGS = 8
_LEVELS = {"error": "red", "warning": "yellow", "note": "cyan"}


def finding_rows(findings: list[Finding]) -> Iterator[Row]:
    """Write findings by rule, each with its place, and the next step after the last that shares it."""
    for rule, told in words.by_rule(findings).items():
        yield plain(one_line(rule), style=f"bold {_LEVELS[told[0].level]}")
        shown = told[:_MOST_FINDINGS]
        for finding, help_text in words.with_help(shown):
            yield _finding(finding)
            if help_text:
                yield plain(f"Next: {one_line(help_text)}", 6, "cyan")
        if len(told) > len(shown):
            yield plain(f"and {len(told) - len(shown):,} more findings of this rule", 4)


def _finding(finding: Finding) -> Row:
    place = words.place(finding.path, finding.line)
    return Row(4, ((one_line(finding.message), ""), (f" ({place})" if place else "", "dim")))
