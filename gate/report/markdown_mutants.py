"""Mutants in GitHub Markdown: survivors as small diffs with the test to write, and the table by file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gate.model import MutantResult
from gate.report import mutants
from gate.report.caps import Caps
from gate.report.diffs import short_diff
from gate.report.hints import how_to_kill, prove_command, show_command
from gate.report.markup import code, fenced, folded, prose
from gate.report.survivors import by_place, first_survivors, on_changed_lines
from gate.report.words import counted
from gate.results.document import Results

_DIFF_WIDTH = 100


def survivors(results: Results, caps: Caps) -> Iterator[str]:
    """Write the survivors, those on changed lines first; in the open unless the verdict is PASS."""
    total = results.mutant_run.counts["Survived"]
    if not total:
        return
    shown = first_survivors(results, caps.survivors)
    lines = list(_listed(results, shown, caps.tests))
    title = counted(total, "surviving mutant")
    title = f"{len(shown)} of {title}" if len(shown) < total else title
    if results.verdict == "pass":
        yield from folded(title, lines)
        return
    yield f"### {title[0].upper()}{title[1:]}"
    yield ""
    yield from lines
    yield ""


def figures(results: Results, caps: Caps) -> Iterator[str]:
    """Write the table by file folded; nothing when no mutants were run."""
    if results.mutation is not None:
        yield from folded(mutants.counts_line(results.mutant_run), _figures(results, caps.files))


def _listed(results: Results, shown: list[MutantResult], most: int) -> Iterator[str]:
    touched = on_changed_lines(results)
    for alike in by_place(shown):
        result = alike[0]
        changed = ", on a changed line" if result.mutant.id in touched else ""
        ids = ", ".join(code(same.mutant.id) for same in alike)
        yield f"- {_place(result)} ({ids}{changed})"
        yield ""
        yield from fenced(_diff(alike), "diff", 2)
        yield ""
        yield f"  {_ran_by(result.covered_by, most)}"
        yield f"  <br>{how_to_kill(result)} {_commands(result)}"
        yield ""
    left = results.mutant_run.counts["Survived"] - len(shown)
    more = f"And {left:,} more in the results document. " if left else ""
    yield f"{more}`gate show ID` tells all about one."


def _diff(alike: list[MutantResult]) -> list[str]:
    """Write the lines as they are, then as each of the mutants has them."""
    lines = [line for result in alike for line in short_diff(result, _DIFF_WIDTH)]
    if len(alike) == 1:
        return list(map(str, lines))
    return list(dict.fromkeys(str(line) for sign in "-+" for line in lines if line.sign == sign))


def _place(result: MutantResult) -> str:
    function = f" {code(result.mutant.function)}" if result.mutant.function else ""
    return f"{code(f'{result.mutant.path}:{result.mutant.line}')}{function}"


def _ran_by(tests: Sequence[str], most: int) -> str:
    named = ", ".join(map(code, tests[:most]))
    left = len(tests) - most
    if not tests[:most]:
        return f"{counted(len(tests), 'test')} ran it, and passed."
    return f"Run by {named}{f' and {left:,} more' if left > 0 else ''}; all pass."


def _commands(result: MutantResult) -> str:
    seen, proved = code(show_command(result)), code(prove_command(result))
    return f"See it with {seen}. Then {proved} proves the test."


def _figures(results: Results, most: int) -> Iterator[str]:
    mutation = results.mutant_run
    table = mutants.table(results)
    columns = mutants.columns_shown(table)
    yield f"| File | {' | '.join(mutants.COLUMNS[n] for n in columns)} |"
    yield f"|---|{'---:|' * len(columns)}"
    for row in table[: most + 1]:
        yield f"| {_name(row)} | {' | '.join(_cell(row, n) for n in columns)} |"
    yield ""
    if len(table) > most + 1:
        yield f"- {counted(len(table) - most - 1, 'more file')}"
    told = {
        "Ignored": mutants.ignored_line(mutants.ignored_reasons(mutation)),
        "Not covered": mutants.not_covered_line(mutation),
        "Cached": mutants.remembered_line(mutation),
        "Self-checks": mutants.controls_line(mutation),
    }
    yield from (f"- {name}: {prose(text)}" for name, text in told.items() if text)


def _name(row: mutants.Figures) -> str:
    return code(row.name) if row.is_file else row.name


def _cell(row: mutants.Figures, column: int) -> str:
    cell = row.cells[column]
    return f"**{cell}**" if column == 0 and row.falls else cell
