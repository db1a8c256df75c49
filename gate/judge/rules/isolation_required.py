"""Rule isolation.required: workers were kept apart as far as the policy demands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from gate.judge.rule import Rule
from gate.model import Evidence, Finding, IsolationLevel
from gate.policy.model import Policy

ID = "isolation.required"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Demand the level of isolation that the policy asks for; a run that tells none has the least."""
    required = policy.isolation.require
    said = evidence.suite.isolation
    level = said.get("level")
    if _rank(level) >= _rank(required):
        return
    lacking = said.get("not in force", "unknown")
    yield Finding(
        ID,
        "error",
        f"the isolation of this run is {level or 'unknown'}, {required} is required; "
        f"not in force: {lacking}",
        forces="inconclusive",
        help="Run the gate where the measures that are not in force are to be had; see SECURITY.md.",
    )


_LEVELS: tuple[str, ...] = get_args(IsolationLevel)


def _rank(level: str | None) -> int:
    """Order the levels; the least is asked of nobody, so that it is met without a word."""
    return _LEVELS.index(level) if level in _LEVELS else 0


rule = Rule(
    id=ID,
    title="Workers were kept apart as far as the policy demands",
    checks=(
        "Compares the level that the results print (`basic`, `partial` or `full`) with `[isolation] "
        "require` of the policy."
    ),
    why=(
        "What code under test can reach, it can change: files, services, a running workflow. Where "
        "the platform lacks a measure, the run says so instead of going on in silence."
    ),
    fix=(
        "Run the gate where the measures that the finding names are to be had, or ask for a lower "
        "level in the policy."
    ),
    forces="INCONCLUSIVE.",
    find=find,
)
