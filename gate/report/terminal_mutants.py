"""Mutants for a terminal, as rows of styled text; nothing here draws."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from gate.model import DETECTED, MutantResult, MutationRun, Status
from gate.report import mutants
from gate.report.cells import cells, padded, tail
from gate.report.diffs import DiffLine, short_diff, whole_diff
from gate.report.hints import prove_command, python_option, show_command
from gate.report.rows import Row, heading, plain
from gate.report.words import counted, duration, one_line
from gate.results.document import Results

_MOST_FILES = 20
_MOST_SURVIVORS = 10
_MOST_TESTS = 20
_MOST_NAMED = 3
_LEAST_NAME = 16
_GAP = 2
# What a narrow terminal does without, in this order: the rest of a row says it too.
_SPARED = ("valid", "detected", "not covered", "required")
_SIGNS = {"-": "red", "+": "green", " ": "dim"}
_FALLS = {"": "", "below": "red", "perhaps below": "yellow"}
_STATUS_STYLES: dict[Status, str] = {"Survived": "red", "NoCoverage": "red", "Pending": "yellow"}
_MEANINGS: dict[Status, str] = {
    "Killed": "a test passes on the original and fails with the change",
    "Timeout": "with the change, a test does not come to its end",
    "RuntimeError": "with the change, the process of the tests dies",
    "Survived": "every test that ran it passes with the change",
    "NoCoverage": "no passing test runs it: write one that does",
    "Pending": "what its tests say is not known",
    "CompileError": "with the change it does not compile; it does not count",
    "Ignored": "it does not count",
}

# What the second of several tests of one id ends in.
_NUMBERED = re.compile(r"#\d+$")
_SEEN: dict[Status, str] = {
    "Killed": ", which then fails",
    "Timeout": ", which then does not end",
    "RuntimeError": ", which then crashes",
    "Survived": ", which passes all the same",
}


def mutation_rows(results: Results, width: int) -> Iterator[Row]:
    """Write counts, the table by file, what is ignored and what no test runs."""
    mutation = results.mutant_run
    yield plain(mutants.counts_line(mutation))
    yield from _table(mutants.table(results), width)
    told = {
        "Not covered": mutants.not_covered_line(mutation),
        "Ignored": mutants.ignored_line(mutants.ignored_reasons(mutation)),
        "Cached": mutants.remembered_line(mutation),
        "Self-checks": mutants.controls_line(mutation),
    }
    yield from (plain(f"{name}: {text}") for name, text in told.items() if text)


def survivor_rows(mutation: MutationRun, width: int) -> Iterator[Row]:
    """Write the most useful survivors with their changes; nothing when there is none."""
    shown = mutants.survivors(mutation, _MOST_SURVIVORS)
    for result in shown:
        about = f"  {one_line(result.mutant.id)}, {mutants.ran_by(result)}"
        yield Row(2, ((mutants.place(result), ""), (about, "dim")))
        yield from (diff_row(4, line) for line in short_diff(result, width - 4))
    if shown:
        left = mutation.counts["Survived"] - len(shown)
        more = f"and {left:,} more; " if left else ""
        yield plain(f"{more}gate show ID tells all about one", style="cyan")


def mutant_rows(results: Results, result: MutantResult) -> Iterator[Row]:
    """Write all that is known of one mutant, and how to see it again."""
    yield Row(0, ((one_line(result.mutant.id), "bold"), (": ", ""), _status(result.status)))
    yield plain(_verdict(result))
    function = f" in {one_line(result.mutant.function)}" if result.mutant.function else ""
    yield plain(f"{one_line(result.mutant.path)}:{result.mutant.line}{function}")
    took = f", {duration(result.seconds)} of tests" if result.seconds else ""
    yield plain(f"operator {one_line(result.mutant.operator)}{took}")
    yield plain("")
    yield from (diff_row(2, line) for line in whole_diff(result))
    yield from _evidence(result)
    yield from _reproduction(results, result)


def line_rows(mutants_of_line: Sequence[MutantResult]) -> Iterator[Row]:
    """Write the mutants of one line, each with its change and what became of it."""
    for result in mutants_of_line:
        about = f"  {one_line(result.mutant.id)}, {mutants.ran_by(result)}: "
        yield Row(0, ((mutants.place(result), ""), (about, "dim"), _status(result.status)))
        yield from (diff_row(2, line) for line in whole_diff(result))
    yield plain("gate show ID tells all about one", style="cyan")


def proved_rows(results: Sequence[MutantResult]) -> Iterator[Row]:
    """Say of each mutant which test detects it now, or that none does; then what to do next."""
    for result in results:
        mutant = result.mutant
        place = f"{one_line(mutant.path)}:{mutant.line}"
        pieces = ((one_line(mutant.id), "bold"), (f" {place}: ", ""), *_now(result))
        yield Row(0, pieces, "copied")
    missed = [each for each in results if each.status in ("Survived", "NoCoverage")]
    if missed:
        yield plain(f"See the change: gate show {shlex.quote(one_line(missed[0].mutant.id))}", 0)


def _now(result: MutantResult) -> Iterator[tuple[str, str]]:
    yield _status(result.status)
    if result.killed_by is not None:
        yield f" by {one_line(result.killed_by)}", ""
    elif result.status == "Survived":
        yield (
            f"; {counted(len(result.covered_by), 'test')} ran it, and all pass with the change",
            "",
        )
    elif result.status == "NoCoverage":
        yield "; no passing test reaches this line", ""
    elif result.reason:
        yield f": {one_line(result.reason)}", ""


def proof_rows(before: MutantResult, result: MutantResult, option: str = "") -> Iterator[Row]:
    """Say whether running the tests of a mutant again came to the same; `option` chooses the interpreter.

    `before` is what the document says.
    """
    yield from heading("Run again")
    reason = f": {one_line(result.reason)}" if result.reason else ""
    now = (_status(result.status), (f"{reason}, in {duration(result.seconds)}", ""))
    if result.status == before.status:
        still = "still " if result.status == "Survived" else ""
        yield Row(2, ((f"Reproduced: {still}", ""), *now))
    else:
        yield Row(2, (("the results say ", ""), _status(before.status), (", now ", ""), *now))
    if result.killed_by is not None:
        yield plain(f"noticed by {one_line(result.killed_by)}")
    if result.status in ("Survived", "NoCoverage"):
        yield plain(f"After writing a test: {prove_command(result, option)}", style="cyan")


def _table(table: list[mutants.Figures], width: int) -> Iterator[Row]:
    """Lay out the table; a name that leaves no room for the figures has a line of its own."""
    sizes = _sizes(table, width)
    room = width - 2 - sum(size + _GAP for size in sizes.values())
    names = ["file", *(tail(figures.name, width - 2) for figures in table[: _MOST_FILES + 1])]
    name = min(max(map(cells, names)), room)
    heads = "".join(mutants.COLUMNS[n].rjust(size + _GAP) for n, size in sizes.items())
    yield plain(padded("file", name) + heads)
    for shown, figures in zip(names[1:], table, strict=False):
        if cells(shown) > name:
            yield plain(shown)
        first = "" if cells(shown) > name else shown
        yield Row(2, ((padded(first, name), ""), *_figures(figures, sizes)))
    left = len(table) - _MOST_FILES - 1
    if left > 0:
        yield plain(counted(left, "more file"))


def _sizes(table: list[mutants.Figures], width: int) -> dict[int, int]:
    """Give the columns that are shown and fit, and the width of each."""
    sizes = {
        n: max(len(mutants.COLUMNS[n]), *(len(figures.cells[n]) for figures in table))
        for n in mutants.columns_shown(table)
    }
    for spared in _SPARED:
        if 2 + _LEAST_NAME + sum(size + _GAP for size in sizes.values()) > width:
            sizes.pop(mutants.COLUMNS.index(spared), None)
    return sizes


def _figures(figures: mutants.Figures, sizes: dict[int, int]) -> Iterator[tuple[str, str]]:
    for column, size in sizes.items():
        yield figures.cells[column].rjust(size + _GAP), _FALLS[figures.falls] if column == 0 else ""


def diff_row(indent: int, line: DiffLine) -> Row:
    """Write one line of a diff, what differs in bold."""
    style = _SIGNS[line.sign]
    pieces = ((line.before, style), (line.changed, f"bold {style}"), (line.after, style))
    return Row(indent, ((f"{line.sign} ", style), *pieces), "hanging")


def _status(status: Status) -> tuple[str, str]:
    style = "green" if status in DETECTED else _STATUS_STYLES.get(status, "dim")
    return mutants.word(status, 1), f"bold {style}"


def _verdict(result: MutantResult) -> str:
    reason = f": {one_line(result.reason)}" if result.reason else ""
    return _MEANINGS[result.status] + reason


def _evidence(result: MutantResult) -> Iterator[Row]:
    if result.killed_by is not None:
        yield from heading("Noticed by")
        yield plain(one_line(result.killed_by))
    tests = result.covered_by
    if tests:
        yield from heading(f"Run by {counted(len(tests), 'test')}")
        yield from (plain(one_line(test)) for test in tests[:_MOST_TESTS])
    if len(tests) > _MOST_TESTS:
        yield plain(f"and {len(tests) - _MOST_TESTS:,} more")


def _reproduction(results: Results, result: MutantResult) -> Iterator[Row]:
    """Write the commands that show the verdict again, where there is a test to run."""
    tests = list(result.covered_by)
    if result.killed_by is None and not tests:
        return
    yield from heading("Reproduce")
    option = python_option(results.suite.environment)
    yield Row(2, ((show_command(result, option), ""),), "copied")
    chosen = _few(tests if result.killed_by is None else [result.killed_by])
    # A name that does not print, or reads as an option, is no text to copy.
    if all(test == one_line(test, len(test)) and not test.startswith("-") for test in chosen):
        command = _pytest(chosen, results.suite.environment.get("directory", ""))
        applied = f"gate apply {shlex.quote(one_line(result.mutant.id))}"
        yield plain(f"or {applied} and run this{_SEEN.get(result.status, '')}:")
        yield Row(2, ((command, ""),), "copied")


def _pytest(tests: list[str], folder: str) -> str:
    """Give the command that runs tests from the root; where they need another folder, in that."""
    if not folder:
        return shlex.join(["python", "-m", "pytest", *tests])
    there = [test.removeprefix(f"{folder}/") for test in tests]
    return f"(cd {shlex.quote(folder)} && {shlex.join(['python', '-m', 'pytest', *there])})"


def _few(tests: list[str]) -> list[str]:
    """Give the tests, or their files: where they are many, or pytest does not know the number of one."""
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    few = len(tests) <= _MOST_NAMED and not any(map(_NUMBERED.search, tests))
    return tests if few else list(files)[:_MOST_TESTS]
