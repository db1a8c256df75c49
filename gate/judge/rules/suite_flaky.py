"""Rule suite.flaky: no flaky tests."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.rule import Rule
from gate.model import (
    RED,
    Evidence,
    Finding,
)

ID = "suite.flaky"


def find(evidence: Evidence) -> Iterator[Finding]:
    """Name the tests that were red once and green once on the same code."""
    for outcome in sorted(evidence.suite.outcomes, key=lambda outcome: outcome.test):
        if outcome.cause is None or outcome.cause.kind != "flaky":
            continue
        red = outcome.outcome in RED
        yield Finding(
            ID,
            "warning" if red else "error",
            f"{outcome.test} is red and green on the same code; it counts as {outcome.outcome}",
            # A green that was red a moment ago is no evidence; a red one fails in suite.passed.
            forces=None if red else "inconclusive",
            path=outcome.path or None,
            line=outcome.line,
            help="Pin what differs between two runs (seed, clock, network), or exclude the test.",
        )


rule = Rule(
    id=ID,
    title="No flaky tests",
    checks=(
        "Tests that were red in the run and green when they ran again alone. The first outcome "
        "stands: a test that is still red in the results also fails `suite.passed`."
    ),
    why=(
        "Running a red test until it is green would hide real failures, and a flaky test cannot tell "
        "a mutant from the weather."
    ),
    fix=(
        "Find what differs between two runs: a random seed, the clock, the network, a race, a port. "
        "Until then exclude the test in the policy, with a reason, an owner and a date."
    ),
    forces="nothing where the test counts as red; INCONCLUSIVE where it counts as green.",
    find=find,
)
