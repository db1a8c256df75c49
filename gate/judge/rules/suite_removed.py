"""Rule suite.removed: tests removed or skipped."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.mutants import one_or_many
from gate.judge.rule import Rule
from gate.model import Evidence, Finding, TestChange

ID = "suite.removed"


def find(evidence: Evidence) -> Iterator[Finding]:
    """List the tests of the base that disappeared, and those that are skipped or xfailed since."""
    found = evidence.lost.tests if evidence.lost else ()
    changes = sorted(found, key=lambda change: change.test)
    groups: dict[tuple[str, str], list[TestChange]] = {}
    for change in changes:
        groups.setdefault((change.fate, change.test.partition("::")[0]), []).append(change)
    for (fate, path), tests in sorted(groups.items()):
        named = ", ".join(map(_named, tests[:_NAMED_TESTS]))
        left = len(tests) - _NAMED_TESTS
        more = f" and {left:,} more" if left > 0 else ""
        count = f"{len(tests):,} {one_or_many(len(tests), 'test', 'tests')}"
        yield Finding(
            ID,
            "note" if fate == "renamed" else "warning",
            f"{count} of {path} {_TITLES[fate]}: {named}{more}",
            path=path,
            help="Nothing to do."
            if fate == "renamed"
            else "Is that meant? mutation.lost says what nothing notices since.",
        )


_NAMED_TESTS = 3


_TITLES = {
    "removed": "disappeared from the suite",
    "renamed": "moved or got another name",
    "skipped": "skipped since the base",
    "xfailed": "expected to fail since the base",
}


def _named(change: TestChange) -> str:
    name = change.test.partition("::")[2] or change.test
    return f"{name}, now {change.now}" if change.now else name


rule = Rule(
    id=ID,
    title="Tests removed or skipped",
    checks=(
        "With `--base`: lists the tests of the base that the change touches and that are not in the "
        "suite any more, are skipped, or are expected to fail. One that does the same under another "
        "name or in another file is a note."
    ),
    why="A test that is gone does not turn red, so nobody misses it.",
    fix="Nothing, where that is meant: `mutation.lost` says whether something is noticed no more.",
    forces="nothing; warnings and notes.",
    find=find,
)
