"""What all reports say of mutants in the same words: counts, scores, and which survivors come first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from gate.errors import UsageError
from gate.model import DETECTED, MutantResult, MutatedFile, MutationRun, Score, Status
from gate.report.words import counted, duration, number, one_line
from gate.results.document import Results

WORDS: dict[Status, str] = {
    "Killed": "killed",
    "Timeout": "timed out",
    "RuntimeError": "crashed",
    "Survived": "survived",
    "NoCoverage": "not covered",
    "Pending": "unresolved",
    "CompileError": "do not compile",
    "Ignored": "ignored",
}
COLUMNS = ("score %", "required", "valid", "detected", "survived", "not covered", "unresolved")
_AT_NEED = ("required", "unresolved")
_MOST_FUNCTIONS = 8
_MOST_NAMED = 4
_RULE_WIDTH = 40
_ASKED_WIDTH = 60


Falls = Literal["", "below", "perhaps below"]


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of the table by file: a cell for each of the columns, and how it meets what is required.

    Perhaps below is a score that the unresolved mutants decide.
    """

    name: str
    is_file: bool
    cells: tuple[str, ...]
    falls: Falls


def find_mutants(results: Results, prefix: str) -> list[MutantResult]:
    """Find the mutants whose id begins with `prefix`; the one with exactly this id alone."""
    found = [result for result in results.mutant_run.results if result.mutant.id.startswith(prefix)]
    return [result for result in found if result.mutant.id == prefix] or found


def find_mutant(results: Results, prefix: str) -> MutantResult:
    """Find the one mutant whose id begins with `prefix`; raises UsageError for none and for several."""
    found = find_mutants(results, prefix)
    if len(found) == 1:
        return found[0]
    asked = one_line(prefix, _ASKED_WIDTH)
    if not found:
        total = counted(len(results.mutant_run.results), "mutant")
        raise UsageError(
            f"the results hold {total}, none with an id that begins with {asked}",
            "take an id from the report, or run gate mutate on its file first",
        )
    named = ", ".join(one_line(result.mutant.id) for result in found[:_MOST_NAMED])
    raise UsageError(
        f"{asked!r} is ambiguous ({counted(len(found), 'id')})",
        f"write more of the id, such as {named}",
    )


def mutants_of_line(results: Results, path: str, line: int) -> list[MutantResult]:
    """Find the mutants that change a line of a file; `line` counts from 1."""
    return [
        result
        for result in results.mutant_run.results
        if result.mutant.path == path and result.mutant.line <= line <= result.mutant.end_line
    ]


def counts_line(mutation: MutationRun) -> str:
    """Write the number of mutants and the counts by status that are not zero."""
    told = {status: mutation.counts[status] for status in WORDS if mutation.counts[status]}
    listed = ", ".join(f"{count:,} {word(status, count)}" for status, count in told.items())
    of_change = " of the change" if mutation.changed else ""
    total = counted(len(mutation.results), "mutant")
    return f"{total}{of_change}{': ' * bool(listed)}{listed} in {duration(mutation.seconds)}"


def word(status: Status, count: int) -> str:
    """Say what became of so many mutants."""
    return "does not compile" if (status, count) == ("CompileError", 1) else WORDS[status]


def ignored_line(reasons: Iterable[str]) -> str:
    """Count ignored mutants by the rule that their reason begins with; empty when there is none."""
    rules = sorted(Counter(map(_rule, reasons)).items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {rule}" for rule, count in rules)


def ignored_reasons(mutation: MutationRun) -> list[str]:
    """Give the reason of each ignored mutant."""
    return [result.reason for result in mutation.results if result.status == "Ignored"]


def not_covered_line(mutation: MutationRun) -> str:
    """Count the mutants that no test runs by function, the most first; empty when there is none."""
    missed = Counter(
        (result.mutant.function, result.mutant.path)
        for result in mutation.results
        if result.status == "NoCoverage"
    )
    files = Counter(function for function, _ in missed)
    told = [
        f"{_function(function)}{f' in {one_line(path)}' if files[function] > 1 else ''} ({count:,})"
        for (function, path), count in sorted(missed.items(), key=lambda item: (-item[1], item[0]))
    ]
    left = len(told) - _MOST_FUNCTIONS
    rest = f" and {counted(left, 'more function')}" if left > 0 else ""
    return ", ".join(told[:_MOST_FUNCTIONS]) + rest


def remembered_line(mutation: MutationRun) -> str:
    """Say how many survivors were not run again; empty when all were."""
    if not mutation.remembered:
        return ""
    survivors = counted(mutation.remembered, "survivor")
    return f"{survivors} from an earlier run (nothing that decides them has changed)"


def controls_line(mutation: MutationRun) -> str:
    """Say how many controls ran and failed; empty when there was none."""
    controls = mutation.controls
    told = []
    if controls.neutral:
        failed = f"{len(controls.failed):,}" if controls.failed else "none"
        told.append(f"{counted(controls.neutral, 'edit')} without effect, {failed} flagged")
    if controls.positive:
        missed = len(controls.unnoticed) + len(controls.unplaced)
        seen = f"{missed:,} not detected" if missed else "all detected"
        told.append(f"{counted(controls.positive, 'function')} made to raise, {seen}")
    return "; ".join(told)


def score_line(results: Results) -> str:
    """Write the score in total, and what a change must reach, in one clause."""
    mutation, required = results.mutant_run, results.policy.thresholds.mutation.changed_score
    if not mutation.score.valid:
        return "no mutant counts"
    of_change = " of the change" if mutation.changed else ""
    asked = f", {number(required)} % is required" if mutation.changed else ""
    score = mutation.score
    found = f"{score.detected:,} of {counted(score.valid, 'valid mutant')}{of_change} detected"
    return f"{score_text(score)} %, {found}{asked}"


def place(result: MutantResult) -> str:
    """Write `path:line function`."""
    at = f"{one_line(result.mutant.path)}:{result.mutant.line}"
    return f"{at} {one_line(result.mutant.function)}" if result.mutant.function else at


def ran_by(result: MutantResult) -> str:
    """Say how many tests ran a mutant."""
    return f"covered by {counted(len(result.covered_by), 'test')}"


def table(results: Results) -> list[Figures]:
    """Give the total, then the files, worst score first."""
    mutation, required = results.mutant_run, results.policy.thresholds.mutation
    rows = [_figures("in total", mutation, required.changed_score if mutation.changed else None)]
    for path, file in worst_first(mutation):
        # Of a change only the total is judged.
        gated = path in mutation.core and not mutation.changed
        rows.append(
            _figures(one_line(path), file, results.policy.score_for(path) if gated else None)
        )
    return rows


def columns_shown(rows: Iterable[Figures]) -> list[int]:
    """Number the columns that say something: what is required and unresolved only if anything is."""
    told = {n for row in rows for n, cell in enumerate(row.cells) if cell not in ("", "0")}
    return [n for n, head in enumerate(COLUMNS) if n in told or head not in _AT_NEED]


def worst_first(mutation: MutationRun) -> list[tuple[str, MutatedFile]]:
    """Order files by score, the lowest first and those without one last."""
    return sorted(mutation.files.items(), key=_badness)


def score_text(score: Score | None) -> str:
    """Write a score in percent, as an interval where mutants are unresolved; a dash for none."""
    if score is None or score.low is None or score.high is None:
        return "-"
    low, high = number(score.low), number(score.high)
    return low if low == high else f"{low}-{high}"


def survivors(mutation: MutationRun, most: int) -> list[MutantResult]:
    """Choose survivors to look at: functions take turns, those of the worst files first."""
    groups: dict[tuple[str, str], list[MutantResult]] = defaultdict(list)
    for result in mutation.results:
        if result.status == "Survived":
            groups[result.mutant.path, result.mutant.function].append(result)
    rank = {path: number for number, (path, _) in enumerate(worst_first(mutation))}
    ordered = sorted(groups.items(), key=lambda item: (rank[item[0][0]], -len(item[1]), item[0]))
    turns = zip_longest(*(_lines_in_turn(group) for _, group in ordered))
    return [result for turn in turns for result in turn if result is not None][:most]


def _rule(reason: str) -> str:
    rule, colon, _ = reason.partition(":")
    return one_line(rule, _RULE_WIDTH) if colon else "for other reasons"


def _function(name: str) -> str:
    return one_line(name) or "module level"


def _figures(name: str, entry: MutationRun | MutatedFile, required: float | None) -> Figures:
    counts = entry.counts
    detected = sum(counts[status] for status in DETECTED)
    missed = (counts["Survived"], counts["NoCoverage"], counts["Pending"])
    numbers = (f"{figure:,}" for figure in (detected + sum(missed), detected, *missed))
    asked = "" if required is None else number(required)
    cells = (score_text(entry.score), asked, *numbers)
    return Figures(name, isinstance(entry, MutatedFile), cells, _falls(entry.score, required))


def _falls(score: Score, required: float | None) -> Falls:
    if score.low is None or score.high is None or required is None or score.low >= required:
        return ""
    return "below" if score.high < required else "perhaps below"


def _badness(item: tuple[str, MutatedFile]) -> tuple[float, int, str]:
    path, file = item
    low = file.score.low
    return 101.0 if low is None else low, -file.counts["Survived"], path


def _lines_in_turn(group: Iterable[MutantResult]) -> list[MutantResult]:
    """Order the survivors of a function by how many tests ran them, one of each line first."""
    seen: Counter[int] = Counter()
    ranked = []
    for result in sorted(
        group,
        key=lambda result: (
            -len(result.covered_by),
            result.mutant.line,
            result.mutant.column,
            result.mutant.id,
        ),
    ):
        ranked.append((seen[result.mutant.line], result))
        seen[result.mutant.line] += 1
    return [result for _, result in sorted(ranked, key=lambda pair: pair[0])]
