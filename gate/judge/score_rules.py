"""Rules about the mutation score, of each file of the core and of a change, compared exactly.

A score is an interval: `low` counts every unresolved mutant as survived, `high` as detected. A pass
needs `low`, a fail `high` below the threshold, and what lies between is inconclusive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath

from gate.judge.coverage_rules import number
from gate.judge.mutation_rules import grouped, none_counts, one_or_many, path_of, place
from gate.model import Evidence, Finding, MutantResult, Score, score_of
from gate.policy.model import Policy

_NAMED_FUNCTIONS = 3
_NAMED_FILES = 3


def mutation_score(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Compare the score of each file of the core on its own.

    Where no test passed, none could notice anything: that is the reason then, and no score is one.
    """
    del today
    run = evidence.mutation
    if run is None or run.changed or not evidence.suite.passing():
        return
    by_path = grouped(run.results, path_of)
    for path in sorted(run.core):
        required = policy.thresholds_for(path).score
        results = by_path.get(path, [])
        yield from _compare("mutation.score", "the mutants", results, required, _function)


def mutation_changed(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Compare the score of all that the change touches; with no mutant the change says so by name."""
    del today
    run = evidence.mutation
    if run is None or not run.changed or not evidence.suite.passing():
        return
    if not run.score.valid:
        none = "the change touches no function of the core"
        yield Finding(
            "mutation.changed",
            "note",
            none_counts("the change", run.results) if run.results else none,
            help="Nothing to do, unless the change should have touched code in [mutation] core.",
        )
    required, what = policy.mutation.changed.score, "the mutants of the change"
    yield from _compare("mutation.changed", what, run.results, required, _function_in_file)
    for moved in evidence.rules.left_core if evidence.rules else ():
        yield Finding(
            "mutation.changed",
            "note",
            f"{moved.what or moved.path} moves out of the core, from {moved.origin}: it is mutated "
            "all the same",
            path=moved.path,
            line=moved.line,
            help=f"Add {moved.path} to [mutation] core, or the next change of it is not mutated.",
        )
    yield from _outside(policy, evidence)


def _outside(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Name the changed code of which no mutant is made: there only coverage judges."""
    changed = evidence.changed_coverage
    if changed is None or evidence.command != "check":
        return
    core = policy.mutation.core
    paths = [
        file.path
        for file in changed.files
        if not any(PurePosixPath(file.path).is_relative_to(named) for named in core)
    ]
    if paths:
        named = ", ".join(sorted(paths)[:_NAMED_FILES])
        more = len(paths) - _NAMED_FILES
        count = "1 changed file is" if len(paths) == 1 else f"{len(paths):,} changed files are"
        yield Finding(
            "mutation.changed",
            "note",
            f"{count} outside of [mutation] core and not mutated: {named}"
            + (f" and {more} more" if more > 0 else ""),
            help="Add the files to [mutation] core, if it matters whether tests notice their mistakes.",
        )


Label = Callable[[MutantResult], str]


def _function(result: MutantResult) -> str:
    return result.mutant.function or "module level"


def _function_in_file(result: MutantResult) -> str:
    mutant = result.mutant
    return f"{mutant.path}::{mutant.function}" if mutant.function else mutant.path


def _compare(
    rule: str, what: str, results: Sequence[MutantResult], required: Decimal, label: Label
) -> Iterator[Finding]:
    score = score_of(results)
    if score.least.meets(required):
        return
    undetected = _undetected(results)
    worst = _worst(undetected, label)
    yield Finding(
        rule,
        "error",
        f"{_percent(score)} % of {what} are detected, {number(required)} % is required: "
        f"{_counted(results)}{_listed(undetected, label)}",
        forces="inconclusive" if score.most.meets(required) else "fail",
        path=worst.mutant.path,
        line=worst.mutant.line,
        measured=score.low,
        required=float(required),
        help=_help(worst),
    )


def _undetected(results: Sequence[MutantResult]) -> list[MutantResult]:
    """Give what the tests did not notice; where that is nothing, what is unresolved."""
    known = [result for result in results if result.status in ("Survived", "NoCoverage")]
    return known or [result for result in results if result.status == "Pending"]


def _worst(undetected: Sequence[MutantResult], label: Label) -> MutantResult:
    """Choose one to begin with: in the worst file, there in the worst function, a survivor first."""
    in_file = _most(grouped(undetected, path_of))
    in_function = _most(grouped(in_file, label))
    return min(in_function, key=lambda result: (result.status != "Survived", place(result)))


def _most(groups: dict[str, list[MutantResult]]) -> list[MutantResult]:
    return min(groups.values(), key=lambda results: (-len(results), min(map(place, results))))


def _percent(score: Score) -> str:
    low, high = number(score.low), number(score.high)
    return low if score.unresolved == 0 else f"{low} to {high}"


def _counted(results: Sequence[MutantResult]) -> str:
    """Write `12 are unresolved; 398 survived and 106 are not covered`, without the zeros."""
    counts = Counter(result.status for result in results)
    pending, missed = counts["Pending"], counts["NoCoverage"]
    known = [f"{counts['Survived']:,} survived"] if counts["Survived"] else []
    known += [f"{missed:,} {one_or_many(missed, 'is', 'are')} not covered"] if missed else []
    parts = [f"{pending:,} {one_or_many(pending, 'is', 'are')} unresolved"] if pending else []
    return "; ".join([*parts, *([" and ".join(known)] if known else [])])


def _listed(undetected: Sequence[MutantResult], label: Label) -> str:
    """Name the functions that most of them are in."""
    groups = grouped(sorted(undetected, key=place), label)
    ranked = sorted(groups.items(), key=lambda group: -len(group[1]))[:_NAMED_FUNCTIONS]
    named = ", ".join(f"{function} ({len(results):,})" for function, results in ranked)
    return f", {'in' if len(ranked) == len(groups) else 'most of them in'} {named}"


def _help(worst: MutantResult) -> str:
    if worst.status == "Pending":
        return (
            f"See with gate show {worst.mutant.id} what one of them lacks, and run the gate again."
        )
    return f"Inspect one: gate show {worst.mutant.id}. Then write a test that fails on that change."
