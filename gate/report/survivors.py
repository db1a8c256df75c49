"""Which survivors a reader should see first, and which mutants the verdict depends on."""

from __future__ import annotations

from gate.report import mutants
from gate.results_mutation import MutantEntry, Mutation
from gate.results_schema import Results


def first_survivors(results: Results, most: int) -> list[MutantEntry]:
    """Choose survivors to look at: those on changed lines, then as in `mutants.survivors`."""
    ranked = mutants.survivors(results.mutation, results.mutation.counts["Survived"])
    touched = on_changed_lines(results)
    return sorted(ranked, key=lambda mutant: mutant.id not in touched)[:most]


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
