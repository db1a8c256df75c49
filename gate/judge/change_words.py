"""How rules say what a change does to a rule of the policy."""

from __future__ import annotations

from gate.model import RuleChange
from gate.policy.model import Policy


def file_of(policy: Policy) -> str | None:
    """Give the file of a policy; None for one that stands in no file."""
    return policy.origin if "." in policy.origin else None


def from_to(change: RuleChange) -> str:
    """Say what a rule reads before and after a change."""
    return f"{change.before} becomes {change.after}"
