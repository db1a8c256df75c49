"""Rule changed.line: the changed lines are executed."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.gaps import gaps
from gate.judge.rule import Rule
from gate.model import Evidence, Finding
from gate.policy.model import Policy

ID = "changed.line"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Compare the line coverage of the changed lines; one finding for each file with a gap."""
    if evidence.changed is None:
        return
    if evidence.changed_coverage is None:
        yield Finding(
            ID,
            "error",
            f"the changed lines since {evidence.changed.base} were not measured",
            forces="inconclusive",
            help="Run gate check with --base again.",
        )
        return
    required = policy.coverage.changed.line
    yield from gaps("line", evidence.changed_coverage, required, evidence)


rule = Rule(
    id=ID,
    title="The changed lines are executed",
    checks=(
        "With `--base`: executed out of all executable lines that the change adds or edits. Each file "
        "with uncovered changed lines has a finding at the first of them. Where the threshold is met "
        "these are notes."
    ),
    why=(
        "New code is where mistakes are being made today, and a large old code base hides it in the "
        "total."
    ),
    fix="Write a test that executes the lines named and checks what they do.",
    forces="FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    find=find,
    commands=("check",),
)
