"""Rule coverage.line: enough lines are executed."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.rule import Rule
from gate.judge.shortfalls import compare_total
from gate.model import Evidence, Finding
from gate.policy.model import Policy

ID = "coverage.line"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Compare the line coverage in total."""
    yield from compare_total("line", policy, evidence)


rule = Rule(
    id=ID,
    title="Enough lines are executed",
    checks=(
        "Executed out of all executable lines of the measured files, compared exactly (79.96 is not "
        "80). Files that no test imports count as 0 %. Files for which a `[[path]]` rule asks less "
        "are left out of the total and judged by `coverage.path`."
    ),
    why="Code that no test executes can be wrong in any way without a test noticing.",
    fix=(
        "Test the files that the finding names first: they lack most lines. Delete code that nobody "
        "needs."
    ),
    forces="FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    find=find,
    commands=("check",),
)
