"""The texts of the rules as pages: `gate explain` and docs/rules.md."""

from __future__ import annotations

import difflib
import textwrap

from gate.errors import UsageError
from gate.judge.texts import CATALOGUE, RuleText

_WIDEST = 80


def explain_rule(rule_id: str, width: int = _WIDEST) -> str:
    """Write the entry of a rule for a terminal; UsageError names rules that are spelled alike."""
    entry = find_rule(rule_id)
    parts = [
        f"{entry.id}: {entry.title}",
        f"Checks: {entry.checks}",
        f"Why: {entry.why}",
        f"How to fix: {entry.fix}",
        f"Forces: {entry.forces}",
    ]
    width = min(width, _WIDEST)
    return "\n\n".join(textwrap.fill(part, width, break_on_hyphens=False) for part in parts)


def list_rules(width: int = _WIDEST) -> str:
    """Write one line for each rule, or as many as it needs."""
    column = max(len(entry.id) for entry in CATALOGUE) + 2
    return "\n".join(
        textwrap.fill(
            f"{entry.id:<{column}}{entry.title}",
            max(width, 2 * column),
            subsequent_indent=" " * column,
        )
        for entry in CATALOGUE
    )


def find_rule(rule_id: str) -> RuleText:
    """Give the entry of a rule; UsageError names the rules that are spelled alike."""
    for entry in CATALOGUE:
        if entry.id == rule_id:
            return entry
    known = [entry.id for entry in CATALOGUE]
    near = difflib.get_close_matches(rule_id, known, cutoff=0.4)
    hint = f"Similar rules: {', '.join(near)}" if near else "list the rules with: gate explain"
    raise UsageError(f"there is no rule {rule_id!r}", hint)


def rules_page() -> str:
    """Write docs/rules.md, one entry for each rule."""
    index = [f"| [`{entry.id}`](#{_anchor(entry)}) | {entry.title} |" for entry in CATALOGUE]
    return "\n".join([_HEAD, "| Rule | Title |", "|---|---|", *index, "", *map(_entry, CATALOGUE)])


_HEAD = """# Rules

Each finding names the rule that made it. `gate explain RULE` prints the same texts in a terminal.
A finding that forces FAIL outweighs one that forces INCONCLUSIVE; one that forces nothing is
advice.
This page is written from the code (`make docs`); edit `gate/judge/texts.py` instead.
"""


def _anchor(entry: RuleText) -> str:
    return entry.id.replace(".", "")


def _entry(entry: RuleText) -> str:
    return (
        f"## {entry.id}\n\n**{entry.title}**\n\n"
        f"**Checks:** {entry.checks}\n\n**Why:** {entry.why}\n\n"
        f"**How to fix:** {entry.fix}\n\n**Forces:** {entry.forces}\n"
    )
