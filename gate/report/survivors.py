"""Which survivors a reader should see first, and which mutants the verdict depends on."""

from __future__ import annotations

from collections.abc import Iterable

from gate.model import MutantResult, MutationRun
from gate.report import mutants
from gate.results.document import Results


def first_survivors(results: Results, most: int) -> list[MutantResult]:
    """Choose survivors to look at: those on changed lines, then as in `mutants.survivors`."""
    ranked = mutants.survivors(results.mutant_run, results.mutant_run.counts["Survived"])
    touched = on_changed_lines(results)
    return sorted(ranked, key=lambda result: result.mutant.id not in touched)[:most]


def by_place(survivors: Iterable[MutantResult]) -> list[list[MutantResult]]:
    """Put those of one line together, in the order of the first of each; one of several lines stays alone."""
    places: dict[tuple[str, str, int, str], list[MutantResult]] = {}
    for result in survivors:
        alone = result.mutant.id if result.mutant.end_line > result.mutant.line else ""
        place = (result.mutant.path, result.mutant.function, result.mutant.line, alone)
        places.setdefault(place, []).append(result)
    return list(places.values())


def on_changed_lines(results: Results) -> frozenset[str]:
    """Give the ids of the survivors of which a line is added or edited by the change."""
    if results.changed is None:
        return frozenset()
    lines = {file.path: file.lines for file in results.changed.files}
    return frozenset(
        result.mutant.id
        for result in results.mutant_run.results
        if result.status == "Survived"
        and not lines.get(result.mutant.path, frozenset()).isdisjoint(
            range(result.mutant.line, result.mutant.end_line + 1)
        )
    )


def gated(mutation: MutationRun) -> list[MutantResult]:
    """List the mutants that the verdict depends on: all of a change, else those of the core."""
    core = frozenset(mutation.core)
    return [result for result in mutation.results if mutation.changed or result.mutant.path in core]
