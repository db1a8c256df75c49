"""Mutants in GitHub Markdown: the table by file, and survivors as small diffs."""

from __future__ import annotations

from collections.abc import Iterator

from gate.report import mutants
from gate.report.diffs import short_diff
from gate.report.markup import code, fenced, folded, prose
from gate.report.words import counted
from gate.results_mutation import MutantEntry, Mutation
from gate.results_schema import Results

_MOST_FILES = 50
_MOST_SURVIVORS = 20
_DIFF_WIDTH = 100


def mutation_parts(results: Results) -> Iterator[str]:
    """Write the figures folded and the survivors in the open; nothing when no mutants were run."""
    mutation = results.mutation
    if not mutation.ran:
        return
    yield from folded(mutants.counts_line(mutation), _figures(results))
    yield from _survivors(mutation)


def _figures(results: Results) -> Iterator[str]:
    mutation = results.mutation
    table = mutants.table(results)
    columns = mutants.columns_shown(table)
    yield f"| File | {' | '.join(mutants.COLUMNS[n] for n in columns)} |"
    yield f"|---|{'---:|' * len(columns)}"
    for figures in table[: _MOST_FILES + 1]:
        yield f"| {_name(figures)} | {' | '.join(_cell(figures, n) for n in columns)} |"
    yield ""
    if len(table) > _MOST_FILES + 1:
        yield f"- {counted(len(table) - _MOST_FILES - 1, 'more file')}"
    told = {
        "Ignored": mutants.ignored_line(mutants.ignored_reasons(mutation)),
        "Not covered": mutants.not_covered_line(mutation),
        "Remembered": mutants.remembered_line(mutation),
        "Controls": mutants.controls_line(mutation),
    }
    yield from (f"- {name}: {prose(text)}" for name, text in told.items() if text)


def _name(figures: mutants.Figures) -> str:
    return code(figures.name) if figures.is_file else figures.name


def _cell(figures: mutants.Figures, column: int) -> str:
    cell = figures.cells[column]
    return f"**{cell}**" if column == 0 and figures.falls else cell


def _survivors(mutation: Mutation) -> Iterator[str]:
    shown = mutants.survivors(mutation, _MOST_SURVIVORS)
    survived = counted(mutation.counts["Survived"], "surviving mutant")
    of_them = f"{len(shown)} of " if mutation.counts["Survived"] > len(shown) else ""
    yield from folded(f"{of_them}{survived}", _listed(mutation, shown), shown=True)


def _listed(mutation: Mutation, shown: list[MutantEntry]) -> Iterator[str]:
    for mutant in shown:
        yield f"- {_place(mutant)} ({code(mutant.id)}, {mutants.ran_by(mutant)})"
        yield ""
        yield from fenced([str(line) for line in short_diff(mutant, _DIFF_WIDTH)], "diff", 2)
        yield ""
    if shown:
        left = mutation.counts["Survived"] - len(shown)
        more = f"And {left:,} more. " if left else ""
        yield f"{more}`gate show ID` tells all about one."


def _place(mutant: MutantEntry) -> str:
    function = f" {code(mutant.function)}" if mutant.function else ""
    return f"{code(f'{mutant.path}:{mutant.line}')}{function}"
