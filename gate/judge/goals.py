"""What a policy asks below the gate's own goals: a PASS then says less, and the report says how much less."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from gate.judge.coverage_rules import number
from gate.model import CoverageKind, Evidence, Finding
from gate.policy.model import Policy, built_in_policy

_KINDS: tuple[CoverageKind, ...] = ("line", "branch", "function")


def below_goals(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Name the thresholds that are below the gate's defaults, with what is measured, in one note.

    A change is judged by thresholds of its own, so nothing is said of one.
    """
    if evidence.changed is not None:
        return
    low = [*_coverage(policy, evidence), *_score(policy, evidence)]
    low += (
        ["whether tests depend on their order is not checked"]
        if policy.tests.order == "off"
        else []
    )
    if low:
        yield Finding(
            "policy.valid",
            "note",
            f"the policy asks less than the gate's goals: {'; '.join(low)}",
            help="Raise them in the policy as the tests get better.",
        )


def _coverage(policy: Policy, evidence: Evidence) -> Iterator[str]:
    goals = built_in_policy().coverage
    for kind in _KINDS:
        ratio = evidence.coverage.total(kind)
        asked, goal = getattr(policy.coverage, kind), getattr(goals, kind)
        if asked < goal and ratio.percent is not None:
            yield _row(f"{kind} coverage", asked, ratio.percent, goal)


def _score(policy: Policy, evidence: Evidence) -> Iterator[str]:
    run = evidence.mutation
    asked, goal = policy.mutation.score, built_in_policy().mutation.score
    if run is None or asked >= goal:
        return
    scores = [run.files[path].score.low for path in run.core]
    known = [score for score in scores if score is not None]
    if known:
        yield _row("mutation score", asked, min(known), goal)


def _row(what: str, asked: Decimal, measured: float, goal: Decimal) -> str:
    return f"{what} {number(asked)} % ({number(measured)} measured, the goal is {number(goal)})"
