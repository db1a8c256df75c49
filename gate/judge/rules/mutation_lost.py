"""Rule mutation.lost: tests still catch what they caught before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gate.judge.mutants import grouped, one_or_many
from gate.judge.rule import Rule
from gate.model import Evidence, Finding, LostKills, MutantResult, TestChange
from gate.model.mutant_table import place_of
from gate.policy.model import Policy

ID = "mutation.lost"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Refuse a change after which nothing kills what tests that it touches killed on the base."""
    lost = evidence.lost
    if lost is None:
        if evidence.changed and evidence.command == "check" and policy.mutation.core:
            yield Finding(
                ID,
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
    kills = sorted(lost.kills, key=lambda kill: place_of(kill[0]))
    for result, killer in kills[:_NAMED_KILLS]:
        yield _lost(result, killer)
    yield from _others(kills[_NAMED_KILLS:])
    yield from _unresolved(lost)
    for note in lost.notes:
        yield Finding(ID, "warning", note, help=_LOOK)
    if lost.gone:
        mutants = one_or_many(
            lost.gone, "mutant that touched tests ran is", "mutants that touched tests ran are"
        )
        yield Finding(
            ID,
            "note",
            f"{lost.gone:,} {mutants} not in the changed code any more, so only "
            "mutation.changed judges what took the place",
            help="Nothing to do.",
        )


_NAMED_KILLS = 20


_WORDS = {
    "removed": "is not in the suite any more",
    "renamed": "has another name",
    "skipped": "is skipped now",
    "xfailed": "is expected to fail now",
    "red": "is red now",
    "changed": "was changed, or what it leans on was",
}


_LOOK = (
    "Did they pass on the base? Then read what changed in them: the gate cannot say what is lost."
)


_RESTORE = (
    "Let a test fail on the change that is shown, as that one did on the base: restore it, or write "
    "another that checks as much."
)


def _lost(result: MutantResult, killer: TestChange) -> Finding:
    mutant = result.mutant
    ran = len(result.covered_by)
    now = one_or_many(
        ran, "the one test that runs it passes", f"the {ran:,} tests that run it pass"
    )
    change = f"`{_short(mutant.original)}` to `{_short(mutant.replacement)}`"
    return Finding(
        ID,
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
            ID,
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
    return Finding(ID, "error", message, forces="inconclusive", help=help_text)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."


rule = Rule(
    id=ID,
    title="Tests still catch what they caught before",
    checks=(
        "With `--base`, when tests change: the mutants of the core that the changed, removed, skipped "
        "or loosened tests killed on the base, run again with the tests of the head. What nothing "
        "kills now is a finding, with the change that nobody would notice, the test that did, and "
        "what became of it. Mutants that the changed code does not have any more are counted, not "
        "judged."
    ),
    why=(
        "A deleted test, a skip, a shorter list of parameters or a looser tolerance keeps every "
        "figure of coverage as it was. What the tests notice is less."
    ),
    fix=(
        "Restore the test, or write another that fails on the change that is shown. A test that "
        "moved, has another name or is written anew loses nothing as long as some test notices as "
        "much."
    ),
    forces=(
        "FAIL for a lost kill; INCONCLUSIVE when the tests of the base could not be run, or when "
        "mutants stayed unresolved."
    ),
    find=find,
)
