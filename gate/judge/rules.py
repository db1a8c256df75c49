"""All rules of the gate, each a small pure function: policy, evidence and today to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import PurePosixPath

from gate.judge.base_rules import (
    changed_unmeasured,
    policy_changed,
    policy_loosened,
    suite_selection,
    suppression_new,
)
from gate.judge.changed_rules import (
    changed_branch,
    changed_function,
    changed_line,
    changed_nothing,
)
from gate.judge.control_rules import mutation_controls
from gate.judge.coverage_rules import (
    coverage_branch,
    coverage_function,
    coverage_line,
    coverage_path,
)
from gate.judge.goals import below_goals
from gate.judge.isolation_rules import isolation_required
from gate.judge.lost_rules import mutation_lost, suite_removed
from gate.judge.mutation_rules import mutation_measured, mutation_waivers
from gate.judge.score_rules import mutation_changed, mutation_score
from gate.judge.suite_rules import (
    suite_ended,
    suite_exclusions,
    suite_flaky,
    suite_measured,
    suite_order,
    suite_passed,
)
from gate.model import Command, Evidence, Finding
from gate.policy.model import Policy

Rule = Callable[[Policy, Evidence, date], Iterator[Finding]]


def policy_valid(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Say what the policy leaves open; a policy that cannot be read never comes this far."""
    del today
    for note in policy.notes:
        yield Finding(
            "policy.valid",
            "note",
            note,
            help="Write a policy of your own; docs/policy.md says how.",
        )
    if evidence.command == "check":
        if not policy.mutation.core:
            yield Finding(
                "policy.valid",
                "note",
                "the policy names no core, so nothing is gated by mutation",
                help="Name the files that matter most in [mutation] core.",
            )
        yield from _guarding_nothing(policy, evidence)
        yield from below_goals(policy, evidence)


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
        yield Finding("policy.valid", "warning", message, help=remedy)


_OF_THE_BASELINE: tuple[Rule, ...] = (
    policy_valid,
    policy_loosened,
    policy_changed,
    suite_measured,
    suite_passed,
    suite_ended,
    suite_order,
    suite_flaky,
    suite_exclusions,
    suite_selection,
    suppression_new,
    isolation_required,
)
_OF_COVERAGE: tuple[Rule, ...] = (
    coverage_line,
    coverage_branch,
    coverage_function,
    coverage_path,
    changed_line,
    changed_branch,
    changed_function,
    changed_nothing,
    changed_unmeasured,
)
_OF_MUTANTS: tuple[Rule, ...] = (
    mutation_measured,
    mutation_controls,
    mutation_score,
    mutation_changed,
    mutation_waivers,
    mutation_lost,
    suite_removed,
)
RULES = _OF_THE_BASELINE + _OF_COVERAGE + _OF_MUTANTS
RULES_OF: dict[Command, tuple[Rule, ...]] = {
    "check": RULES,
    "mutate": _OF_THE_BASELINE + _OF_MUTANTS,
}
