"""Mutation scores against what is required of them, in the words of the rules that compare the two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from gate.judge.mutants import grouped, one_or_many, path_of
from gate.judge.shortfalls import number
from gate.model import Finding, MutantResult, Score, score_of
from gate.model.mutant_table import place_of

_NAMED_FUNCTIONS = 3
Label = Callable[[MutantResult], str]


def compare_scores(
    rule: str, what: str, results: Sequence[MutantResult], required: Decimal, label: Label
) -> Iterator[Finding]:
    """Compare the score of mutants with what is required of it, in percent."""
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
    return min(in_function, key=lambda result: (result.status != "Survived", place_of(result)))


def _most(groups: dict[str, list[MutantResult]]) -> list[MutantResult]:
    return min(groups.values(), key=lambda results: (-len(results), min(map(place_of, results))))


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
    groups = grouped(sorted(undetected, key=place_of), label)
    ranked = sorted(groups.items(), key=lambda group: -len(group[1]))[:_NAMED_FUNCTIONS]
    named = ", ".join(f"{function} ({len(results):,})" for function, results in ranked)
    return f", {'in' if len(ranked) == len(groups) else 'most of them in'} {named}"


def _help(worst: MutantResult) -> str:
    if worst.status == "Pending":
        return (
            f"See with gate show {worst.mutant.id} what one of them lacks, and run the gate again."
        )
    return f"Inspect one: gate show {worst.mutant.id}. Then write a test that fails on that change."
