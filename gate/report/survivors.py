"""Which survivors a reader should see first, and which mutants the verdict depends on."""

from __future__ import annotations

from collections.abc import Iterable

from gate.report import mutants
from gate.results.mutation import MutantEntry, Mutation
from gate.results.schema import Results


def first_survivors(results: Results, most: int) -> list[MutantEntry]:
    """Choose survivors to look at: those on changed lines, then as in `mutants.survivors`."""
    ranked = mutants.survivors(results.mutation, results.mutation.counts["Survived"])
    touched = on_changed_lines(results)
    return sorted(ranked, key=lambda mutant: mutant.id not in touched)[:most]


def by_place(survivors: Iterable[MutantEntry]) -> list[list[MutantEntry]]:
    """Put those of one line together, in the order of the first of each; one of several lines stays alone."""
    places: dict[tuple[str, str, int, str], list[MutantEntry]] = {}
    for mutant in survivors:
        alone = mutant.id if mutant.end_line > mutant.line else ""
        place = (mutant.path, mutant.function, mutant.line, alone)
        places.setdefault(place, []).append(mutant)
    return list(places.values())


def on_changed_lines(results: Results) -> frozenset[str]:
    """Give the ids of the survivors of which a line is added or edited by the change."""
    if results.changed is None:
        return frozenset()
    spans = {file.path: file.lines for file in results.changed.change}
    return frozenset(
        mutant.id
        for mutant in results.mutation.mutants
        if mutant.status == "Survived"
        and any(
            first <= mutant.end_line and mutant.line <= last
            for first, last in spans.get(mutant.path, ())
        )
    )


def gated(mutation: Mutation) -> list[MutantEntry]:
    """List the mutants that the verdict depends on: all of a change, else those of the core."""
    core = frozenset(mutation.core)
    return [m for m in mutation.mutants if mutation.changed or m.path in core]
