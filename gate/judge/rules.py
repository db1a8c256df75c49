"""All rules of the gate, each a small pure function: policy, evidence and today to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from gate.judge.changed_rules import changed_branch, changed_line, changed_nothing
from gate.judge.coverage_rules import (
    coverage_branch,
    coverage_function,
    coverage_line,
    coverage_path,
)
from gate.judge.suite_rules import (
    suite_exclusions,
    suite_flaky,
    suite_measured,
    suite_order,
    suite_passed,
)
from gate.model import Evidence, Finding
from gate.policy import Policy

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
    if not policy.mutation.core:
        yield Finding(
            "policy.valid",
            "note",
            "the policy names no core, so nothing is gated by mutation",
            help="Name the files that matter most in [mutation] core.",
        )
    else:
        yield Finding(
            "policy.valid",
            "warning",
            f"mutation testing did not run, so the score of {_named(policy.mutation.core)} "
            "was not judged",
            help="Run gate check without --no-mutation before relying on the core's tests.",
        )
    yield from _rules_without_files(policy, evidence)


def _named(core: tuple[str, ...]) -> str:
    return core[0] if len(core) == 1 else f"{core[0]} and {len(core) - 1} more"


def _rules_without_files(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    measured = [file.path for file in evidence.coverage.files]
    for rule in policy.path:
        if not any(rule.matches(path) for path in measured):
            yield Finding(
                "policy.valid",
                "warning",
                f'the [[path]] rule for "{rule.match}" matches no measured file and guards nothing',
                help="Correct the glob of this rule, or remove the rule.",
            )


RULES: tuple[Rule, ...] = (
    policy_valid,
    suite_measured,
    suite_passed,
    suite_order,
    suite_flaky,
    suite_exclusions,
    coverage_line,
    coverage_branch,
    coverage_function,
    coverage_path,
    changed_line,
    changed_branch,
    changed_nothing,
)
