"""Rules about tests that a change touches: what they noticed on the base, and those that run no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from gate.judge.mutation_rules import grouped, one_or_many, place
from gate.model import Evidence, Finding, LostKills, MutantResult, TestChange
from gate.policy.model import Policy

_NAMED_KILLS = 20
_NAMED_TESTS = 3
_WORDS = {
    "removed": "is not in the suite any more",
    "renamed": "has another name",
    "skipped": "is skipped now",
    "xfailed": "is expected to fail now",
    "red": "is red now",
    "changed": "was changed, or what it leans on was",
}
_TITLES = {
    "removed": "disappeared from the suite",
    "renamed": "moved or got another name",
    "skipped": "skipped since the base",
    "xfailed": "expected to fail since the base",
}
_LOOK = (
    "Did they pass on the base? Then read what changed in them: the gate cannot say what is lost."
)
_RESTORE = (
    "Let a test fail on the change that is shown, as that one did on the base: restore it, or write "
    "another that checks as much."
)


def mutation_lost(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Refuse a change after which nothing kills what tests that it touches killed on the base."""
    del today
    lost = evidence.lost
    if lost is None:
        if evidence.changed and evidence.command == "check" and policy.mutation.core:
            yield Finding(
                "mutation.lost",
                "note",
                "what the tests of the base noticed was not asked, because mutants were not run",
                help="Run gate check without --no-mutation.",
            )
        return
    for problem in dict.fromkeys(lost.problems):
        yield _unknown(
            f"{problem.subject}: {problem.message}",
            "The change touches tests, and what they noticed before is not known. Remove the cause "
            "that the message names and run the gate again.",
        )
    kills = sorted(lost.kills, key=lambda kill: place(kill[0]))
    for result, killer in kills[:_NAMED_KILLS]:
        yield _lost(result, killer)
    yield from _others(kills[_NAMED_KILLS:])
    yield from _unresolved(lost)
    for note in lost.notes:
        yield Finding("mutation.lost", "warning", note, help=_LOOK)
    if lost.gone:
        mutants = one_or_many(
            lost.gone, "mutant that touched tests ran is", "mutants that touched tests ran are"
        )
        yield Finding(
            "mutation.lost",
            "note",
            f"{lost.gone:,} {mutants} not in the changed code any more, so only "
            "mutation.changed judges what took the place",
            help="Nothing to do.",
        )


def suite_removed(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """List the tests of the base that disappeared, and those that are skipped or xfailed since."""
    del policy, today
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
            "suite.removed",
            "note" if fate == "renamed" else "warning",
            f"{count} of {path} {_TITLES[fate]}: {named}{more}",
            path=path,
            help="Nothing to do."
            if fate == "renamed"
            else "Is that meant? mutation.lost says what nothing notices since.",
        )


def _lost(result: MutantResult, killer: TestChange) -> Finding:
    mutant = result.mutant
    ran = len(result.covered_by)
    now = one_or_many(
        ran, "the one test that runs it passes", f"the {ran:,} tests that run it pass"
    )
    change = f"`{_short(mutant.original)}` to `{_short(mutant.replacement)}`"
    return Finding(
        "mutation.lost",
        "error",
        f"changing {change} is noticed by no test any more; on the base {killer.test} noticed it, "
        f"which {_became(killer)}; "
        f"{now if ran else 'no test runs it'}",
        forces="fail",
        path=mutant.path,
        line=mutant.line,
        measured=1.0,
        required=0.0,
        help=_RESTORE,
    )


def _became(killer: TestChange) -> str:
    where = f" ({killer.now})" if killer.now else ""
    return _WORDS[killer.fate] + where


def _others(others: Sequence[tuple[MutantResult, TestChange]]) -> Iterator[Finding]:
    for path, results in grouped((r for r, _ in others), lambda r: r.mutant.path).items():
        yield Finding(
            "mutation.lost",
            "error",
            f"and {len(results):,} more mutants that were killed on the base are not noticed any more",
            forces="fail",
            path=path,
            help=_RESTORE,
        )


def _unresolved(lost: LostKills) -> Iterator[Finding]:
    by_reason = grouped(lost.unresolved, lambda result: result.reason or "no reason is known")
    for reason, results in sorted(by_reason.items(), key=lambda group: (-len(group[1]), group[0])):
        mutants = one_or_many(len(results), "mutant", "mutants")
        yield _unknown(
            f"whether {len(results):,} {mutants} that touched tests ran on the base would still be "
            f"noticed is not known: {reason}",
            "Give more time with --budget, or remove the cause that the message names.",
        )


def _unknown(message: str, help_text: str) -> Finding:
    return Finding("mutation.lost", "error", message, forces="inconclusive", help=help_text)


def _named(change: TestChange) -> str:
    name = change.test.partition("::")[2] or change.test
    return f"{name}, now {change.now}" if change.now else name


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."
