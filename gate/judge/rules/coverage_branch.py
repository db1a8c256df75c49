"""Rule coverage.branch: enough branches are taken."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.rule import Rule
from gate.judge.shortfalls import compare_total
from gate.model import Evidence, Finding
from gate.policy.model import Policy

ID = "coverage.branch"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Compare the branch coverage in total."""
    yield from compare_total("branch", policy, evidence)


rule = Rule(
    id=ID,
    title="Enough branches are taken",
    checks=(
        "Branches taken out of all branches of the measured files: both ways of each condition, and "
        "loops both entered and left. Compared as `coverage.line` is."
    ),
    why="A test that only ever sees a condition go one way says nothing about the other.",
    fix="For each missing branch write a test in which the condition goes the other way.",
    forces="FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    find=find,
    commands=("check",),
)
