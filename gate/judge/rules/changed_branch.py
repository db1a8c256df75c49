"""Rule changed.branch: the changed branches are taken."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.gaps import gaps
from gate.judge.rule import Rule
from gate.model import Evidence, Finding
from gate.policy.model import Policy

ID = "changed.branch"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Compare the branch coverage of the changed lines; one finding for each file with a gap."""
    if evidence.changed is not None and evidence.changed_coverage is not None:
        required = policy.coverage.changed.branch
        yield from gaps("branch", evidence.changed_coverage, required, evidence)


rule = Rule(
    id=ID,
    title="The changed branches are taken",
    checks="With `--base`: branches taken out of all branches that start on a changed line.",
    why="A new condition needs a test for each way that it can go.",
    fix="Write a test in which each condition named goes the other way.",
    forces="FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    find=find,
    commands=("check",),
)
