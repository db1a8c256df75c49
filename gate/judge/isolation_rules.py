"""The rule about how far the workers of a run were kept apart from everything else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import get_args

from gate.model import Evidence, Finding, IsolationLevel
from gate.policy.model import Policy

_LEVELS: tuple[str, ...] = get_args(IsolationLevel)


def isolation_required(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Demand the level of isolation that the policy asks for; a run that tells none has the least."""
    del today
    required = policy.isolation.require
    said = evidence.suite.isolation
    level = said.get("level")
    if _rank(level) >= _rank(required):
        return
    lacking = said.get("not in force", "unknown")
    yield Finding(
        "isolation.required",
        "error",
        f"the isolation of this run is {level or 'unknown'}, {required} is required; "
        f"not in force: {lacking}",
        forces="inconclusive",
        help="Run the gate where the measures that are not in force are to be had; see SECURITY.md.",
    )


def _rank(level: str | None) -> int:
    """Order the levels; the least is asked of nobody, so that it is met without a word."""
    return _LEVELS.index(level) if level in _LEVELS else 0
