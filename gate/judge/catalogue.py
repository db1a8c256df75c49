"""The texts of the rules as pages: `gate explain` and docs/rules.md."""

from __future__ import annotations

import difflib
import textwrap

from gate.errors import UsageError
from gate.judge.rule import Rule
from gate.judge.rules import RULES

_WIDEST = 80


def explain_rule(rule_id: str, width: int = _WIDEST) -> str:
    """Write the entry of a rule for a terminal; UsageError names rules that are spelled alike."""
    rule = find_rule(rule_id)
    parts = [
        f"{rule.id}: {rule.title}",
        f"Checks: {rule.checks}",
        f"Why: {rule.why}",
        f"How to fix: {rule.fix}",
        f"Forces: {rule.forces}",
    ]
    width = min(width, _WIDEST)
    return "\n\n".join(textwrap.fill(part, width, break_on_hyphens=False) for part in parts)


def list_rules(width: int = _WIDEST) -> str:
    """Write one line for each rule, or as many as it needs."""
    column = max(len(rule.id) for rule in RULES) + 2
    return "\n".join(
        textwrap.fill(
            f"{rule.id:<{column}}{rule.title}",
            max(width, 2 * column),
            subsequent_indent=" " * column,
        )
        for rule in RULES
    )


def find_rule(rule_id: str) -> Rule:
    """Give the entry of a rule; UsageError names the rules that are spelled alike."""
    for rule in RULES:
        if rule.id == rule_id:
            return rule
    known = [rule.id for rule in RULES]
    near = difflib.get_close_matches(rule_id, known, cutoff=0.4)
    hint = f"Similar rules: {', '.join(near)}" if near else "list the rules with: gate explain"
    raise UsageError(f"there is no rule {rule_id!r}", hint)


def rules_page() -> str:
    """Write docs/rules.md, one entry for each rule."""
    index = [f"| [`{rule.id}`](#{_anchor(rule)}) | {rule.title} |" for rule in RULES]
    return "\n".join([_HEAD, "| Rule | Title |", "|---|---|", *index, "", *map(_entry, RULES)])


_HEAD = """# Rules

Each finding names the rule that made it. `gate explain RULE` prints the same texts in a terminal.
A finding that forces FAIL outweighs one that forces INCONCLUSIVE; one that forces nothing is
advice.
This page is written from the code (`make docs`); edit the rule in `gate/judge/rules/` instead.
"""


def _anchor(rule: Rule) -> str:
    return rule.id.replace(".", "")


def _entry(rule: Rule) -> str:
    return (
        f"## {rule.id}\n\n**{rule.title}**\n\n"
        f"**Checks:** {rule.checks}\n\n**Why:** {rule.why}\n\n"
        f"**How to fix:** {rule.fix}\n\n**Forces:** {rule.forces}\n"
    )
