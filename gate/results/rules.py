"""The section of a results document on what a change does to its own rules, and how it is made."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gate.model import RulesOfChange
from gate.results.values import Count, Entry, Line, Text


class RuleChangeEntry(Entry):
    """A rule that reads otherwise in the head; `looser` asks less or runs fewer tests."""

    key: Annotated[Text, Field(min_length=1)]
    before: Text
    after: Text
    direction: Literal["looser", "tighter", "other"]
    path: Text


class SuppressionEntry(Entry):
    """A place that tells coverage.py, the gate or pytest to leave something out."""

    path: Text
    line: Line
    kind: Text
    text: Text


class RelocationEntry(Entry):
    """Code that was measured, or in the core, on the base in `origin`; `what` is empty for a whole file."""

    path: Text
    line: Line
    origin: Text
    what: Text
    lines: Count


class ImportEntry(Entry):
    """A measured file that newly imports, on `line`, a file of the repository that is not measured."""

    path: Text
    line: Line
    imported: Text


class Rules(Entry):
    """What a change does to its own rules; those of the commit `base` judged."""

    base: Text
    policy: tuple[RuleChangeEntry, ...]
    selection: tuple[RuleChangeEntry, ...]
    hooks: tuple[SuppressionEntry, ...]
    suppressions: tuple[SuppressionEntry, ...]
    unmeasured: tuple[RelocationEntry, ...]
    left_core: tuple[RelocationEntry, ...]
    imports: tuple[ImportEntry, ...] = ()
    notes: tuple[Text, ...]


def rules_section(rules: RulesOfChange | None) -> Rules | None:
    """Put what a change does to its rules into its section; None without a base."""
    return None if rules is None else Rules.model_validate(rules)
