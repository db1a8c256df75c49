"""Rule suite.order: tests do not depend on order."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.rule import Rule
from gate.model import (
    Evidence,
    Finding,
)
from gate.policy.model import Policy

ID = "suite.order"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Refuse a suite whose tests pass in company and fail alone: its green contradicts itself."""
    dependent = sorted(evidence.suite.order.dependent)
    places = {each.test: (each.path or None, each.line) for each in evidence.suite.outcomes}
    for test in dependent:
        path, line = places.get(test, (None, None))
        yield Finding(
            ID,
            "error",
            f"{test} passes in the suite and fails alone",
            forces="inconclusive",
            path=path,
            line=line,
            help="Run the test alone, and let it set up what it misses by itself; until then, "
            '`order = "off"` in [tests] of the policy leaves the order unchecked.',
        )


rule = Rule(
    id=ID,
    title="Tests do not depend on order",
    checks=(
        "That tests which pass in the suite also pass alone. Some of the tests run a second time in "
        "another order; what turns red there is run alone. The suite runs in parts: a test that is "
        "red in its part, and green where all tests run in one process, counts as green, and is named "
        "here."
    ),
    why=(
        "Such a test contradicts itself: whether it is green depends on which tests ran before it, so "
        "its green proves nothing about the code."
    ),
    fix=(
        "Run the test alone (`pytest 'NODE ID'`) and give it the set-up that it misses: usually a "
        "module-level cache, a file, an environment variable or a random seed left by another test."
    ),
    forces="INCONCLUSIVE.",
    find=find,
)
