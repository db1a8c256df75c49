"""Rule policy.valid: the policy matches the code."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import PurePosixPath

from gate.judge.rule import Rule
from gate.judge.shortfalls import number
from gate.model import CoverageKind, Evidence, Finding
from gate.policy.model import Policy, built_in_policy

ID = "policy.valid"
_KINDS: tuple[CoverageKind, ...] = ("line", "branch", "function")


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Say what the policy leaves open; a policy that cannot be read never comes this far."""
    for note in policy.notes:
        yield Finding(
            ID,
            "note",
            note,
            help="Write a policy of your own; docs/policy.md says how.",
        )
    if evidence.command == "check":
        if not policy.mutation.core:
            yield Finding(
                ID,
                "note",
                "the policy names no core, so nothing is gated by mutation",
                help="Name the files that matter most in [mutation] core.",
            )
        yield from _guarding_nothing(policy, evidence)
        yield from _below_goals(policy, evidence)


def _guarding_nothing(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Name the parts of the policy that match no measured file: mistyped, they guard nothing."""
    measured = [file.path for file in evidence.coverage.files]
    core = [
        (f"{named} in [mutation] core", "Correct this path, or remove it.")
        for named in policy.mutation.core
        if not any(PurePosixPath(path).is_relative_to(named) for path in measured)
    ]
    rules = [
        (f'the [[path]] rule for "{rule.match}"', "Correct the glob of this rule, or remove it.")
        for rule in policy.path
        if not any(rule.matches(path) for path in measured)
    ]
    for what, remedy in core + rules:
        message = f"{what} matches no measured file and guards nothing"
        yield Finding(ID, "warning", message, help=remedy)


def _below_goals(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
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
            ID,
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


rule = Rule(
    id=ID,
    title="The policy matches the code",
    checks=(
        "Whether a policy was found, whether it names a mutation core, whether each path of the core "
        "and each `[[path]]` rule matches a measured file, and what it asks below the gate's own "
        "goals. A policy with a mistake in it is refused before anything runs."
    ),
    why=(
        "A gate that guards less than its owners believe is worse than none: a mistyped path would "
        "read as a rule kept."
    ),
    fix=(
        "Write the policy (`gate init`), name the files that matter most in `[mutation] core`, and "
        "correct or remove what matches nothing."
    ),
    forces="nothing; notes and warnings.",
    find=find,
)
