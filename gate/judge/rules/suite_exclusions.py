"""Rule suite.exclusions: excluded tests have reason, owner, expiry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from gate.judge.rule import Rule
from gate.model import (
    Evidence,
    Finding,
)
from gate.policy.model import Policy, TestExclusion

ID = "suite.exclusions"


def find(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """List what is never run, and refuse what has expired or stands in no policy."""
    counts = Counter(exclusion.pattern for exclusion in evidence.suite.exclusions)
    for entry in policy.tests.exclude:
        yield _exclusion(entry, counts[_pattern(entry)], today)
    known = {_pattern(entry) for entry in policy.tests.exclude}
    for exclusion in sorted(evidence.suite.exclusions, key=lambda exclusion: exclusion.test):
        if exclusion.pattern in known:
            continue
        yield Finding(
            ID,
            "error",
            f"{exclusion.test} was left out by {exclusion.pattern}, which the policy does not have",
            forces="inconclusive",
            help="Add the exclusion to the policy with reason, owner and expiry, or run the test.",
        )


def _pattern(entry: TestExclusion) -> str:
    return entry.test or f"marker {entry.marker}"


def _exclusion(entry: TestExclusion, count: int, today: date) -> Finding:
    pattern = _pattern(entry)
    tests = "1 test" if count == 1 else f"{count} tests"
    terms = f"{entry.reason} (owner {entry.owner}, until {entry.expires.isoformat()})"
    if entry.expires < today:
        return Finding(
            ID,
            "error",
            f"the exclusion of {pattern} ({tests}) has expired: {terms}",
            forces="fail",
            help=f"Let the tests run again, or have {entry.owner} set a later date in the policy.",
        )
    if count == 0:
        return Finding(
            ID,
            "warning",
            f"the exclusion of {pattern} matches no test: {terms}",
            help="Correct its pattern, or remove it from the policy.",
        )
    return Finding(
        ID,
        "note",
        f"{tests} not run, excluded by {pattern}: {terms}",
        help="Remove the exclusion from the policy once its reason is gone.",
    )


rule = Rule(
    id=ID,
    title="Excluded tests have reason, owner, expiry",
    checks=(
        "Lists each exclusion of the policy with its reason, owner and last day. One whose last day "
        "has passed, one that matches no test, and a test left out without the policy are findings."
    ),
    why=(
        "Excluded tests are a debt. Without a date it is never paid, and a pattern that matches "
        "nothing may have been meant for a test that still hangs."
    ),
    fix=(
        "Remove the exclusion when its reason is gone; otherwise let its owner set a new date. "
        "Correct patterns that match nothing."
    ),
    forces="FAIL when expired; INCONCLUSIVE for an exclusion that stands in no policy.",
    find=find,
)
