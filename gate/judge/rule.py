"""What a rule is: a pure function over the evidence, and the words that explain it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from gate.model import Command, Evidence, Finding
from gate.policy.model import Policy


@dataclass(frozen=True, slots=True)
class RuleText:
    """What explains a rule to the reader of a finding; `forces` says which verdict it can demand and when."""

    id: str
    title: str
    checks: str
    why: str
    fix: str
    forces: str


@dataclass(frozen=True, slots=True)
class Rule(RuleText):
    """One rule. `find` gives its findings, and takes those of `policy`, `evidence` and `today` that it names.

    `commands` are those that ask the rule.
    """

    find: Callable[..., Iterator[Finding]]
    commands: tuple[Command, ...] = ("check", "mutate")

    def __call__(self, policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
        """Ask the rule."""
        known: dict[str, Any] = {"policy": policy, "evidence": evidence, "today": today}
        code = self.find.__code__
        return self.find(*(known[name] for name in code.co_varnames[: code.co_argcount]))
