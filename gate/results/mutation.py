"""The mutation section of a results document: its shape, what makes it agree, and how it is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from gate.model import DETECTED, VALID, MutantResult, MutationRun, Ratio, score_of
from gate.results.values import Count, Entry, Line, Percent, ProblemEntry, Seconds, Text

Status = Literal[
    "Killed", "Survived", "NoCoverage", "Timeout",
    "CompileError", "RuntimeError", "Ignored", "Pending",
]  # fmt: skip
STATUSES: tuple[Status, ...] = get_args(Status)


class MutantEntry(Entry):
    """One mutant: the change, the place, what became of it, and the tests that ran it.

    Columns count characters from 1, the end exclusive; `source` are its lines as they are in the file.
    `covered_by` are positions in `tests` of the section, as they were asked; `killed_by` is the test's id.
    """

    id: Annotated[Text, Field(min_length=1)]
    path: Text
    line: Line
    column: Line
    end_line: Line
    end_column: Line
    operator: Text
    function: Text
    original: Text
    replacement: Text
    source: Text
    status: Status
    reason: Text
    killed_by: Text | None
    covered_by: tuple[Count, ...]
    seconds: Seconds


class ScoreEntry(Entry):
    """The score in percent as an interval: `low` counts the unresolved as survived, `high` as detected."""

    detected: Count
    unresolved: Count
    valid: Annotated[int, Field(ge=1)]
    low: Percent
    high: Percent

    @model_validator(mode="after")
    def _percents_agree(self) -> Self:
        most = self.detected + self.unresolved
        if most > self.valid:
            raise ValueError(f"{most} mutants are detected or unresolved, of {self.valid}")
        exact = Ratio(self.detected, self.valid).percent, Ratio(most, self.valid).percent
        if (self.low, self.high) != exact:
            raise ValueError(
                f"the score is {exact[0]} to {exact[1]}, not {self.low} to {self.high}"
            )
        return self


class MutatedFile(Entry):
    """The mutants of one file; the score is null when none was valid."""

    counts: dict[Status, Count]
    score: ScoreEntry | None
    required: Percent


class FailedControlEntry(Entry):
    """A test that fails with unchanged code put in place and passes on the original."""

    test: Text
    kills: Count


class Controls(Entry):
    """What proves the machinery: code made to raise, and tests run with unchanged code put in place."""

    positive: Count
    unnoticed: tuple[Text, ...]
    unplaced: tuple[Text, ...]
    neutral: Count
    failed: tuple[FailedControlEntry, ...]

    @model_validator(mode="after")
    def _failures_are_of_controls(self) -> Self:
        missed = len(self.unnoticed) + len(self.unplaced)
        if missed > self.positive or len(self.failed) > self.neutral:
            raise ValueError("more controls failed than there were")
        return self


class Mutation(Entry):
    """What the tests would notice, in total and by file; with `changed` of the change alone."""

    ran: bool
    changed: bool
    seconds: Seconds
    remembered: Count
    controls: Controls
    core: tuple[Text, ...]
    counts: dict[Status, Count]
    score: ScoreEntry | None
    files: dict[Text, MutatedFile]
    tests: tuple[Text, ...]
    mutants: tuple[MutantEntry, ...]
    problems: tuple[ProblemEntry, ...]
    notes: tuple[Text, ...]

    @model_validator(mode="after")
    def _agrees_with_mutants(self) -> Self:
        if not self.ran and self.files:
            raise ValueError("there are mutants, but mutation testing did not run")
        if len({mutant.id for mutant in self.mutants}) != len(self.mutants):
            raise ValueError("a mutant is listed twice")
        _check("the mutants", self.counts, self.score, (m.status for m in self.mutants))
        by_path: dict[str, list[Status]] = {path: [] for path in self.files}
        for mutant in self.mutants:
            if mutant.path not in by_path:
                raise ValueError(f"mutant {mutant.id} is of {mutant.path}, which is not listed")
            by_path[mutant.path].append(mutant.status)
        for path, statuses in by_path.items():
            _check(path, self.files[path].counts, self.files[path].score, statuses)
        return self

    @model_validator(mode="after")
    def _evidence_is_named(self) -> Self:
        for mutant in self.mutants:
            if (mutant.status in DETECTED) != (mutant.killed_by is not None):
                raise ValueError(
                    f"mutant {mutant.id} is {mutant.status}, killed by {mutant.killed_by}"
                )
            if any(position >= len(self.tests) for position in mutant.covered_by):
                raise ValueError(f"mutant {mutant.id} is covered by a test that is not listed")
        return self


def mutation_section(run: MutationRun | None, required: Callable[[str], float]) -> Mutation:
    """Put a run into its section; `required` gives the score in percent that a file must reach."""
    if run is None:
        run, ran = MutationRun(()), False
    else:
        ran = True
    results = sorted(run.results, key=place_of)
    tests = sorted({test for result in results for test in result.covered_by})
    position = {test: number for number, test in enumerate(tests)}
    by_path: dict[str, list[MutantResult]] = {path: [] for path in run.core}
    for result in results:
        by_path.setdefault(result.mutant.path, []).append(result)
    return Mutation(
        ran=ran,
        changed=run.changed,
        seconds=run.seconds,
        remembered=run.remembered,
        controls=Controls.model_validate(run.controls),
        core=run.core,
        counts=_counts(results),
        score=_score(results),
        files={
            path: MutatedFile(counts=_counts(of), score=_score(of), required=required(path))
            for path, of in sorted(by_path.items())
        },
        tests=tuple(tests),
        mutants=tuple(mutant_entry(result, position) for result in results),
        problems=tuple(ProblemEntry.model_validate(problem) for problem in run.problems),
        notes=run.notes,
    )


def _check(
    what: str, counts: Mapping[Status, int], score: ScoreEntry | None, statuses: Iterable[Status]
) -> None:
    listed = Counter(statuses)
    if counts != {status: listed[status] for status in STATUSES}:
        raise ValueError(f"the counts by status of {what} are not those of the mutants listed")
    told = None if score is None else (score.detected, score.unresolved, score.valid)
    detected = sum(listed[status] for status in DETECTED)
    valid = sum(listed[status] for status in VALID)
    if told != ((detected, listed["Pending"], valid) if valid else None):
        raise ValueError(f"the score of {what} is not that of the mutants listed")


def place_of(result: MutantResult) -> tuple[str, int, int, str]:
    """Sort key: by file, then as the mutants stand in it."""
    return result.mutant.path, result.mutant.start, result.mutant.end, result.mutant.id


def _counts(results: Iterable[MutantResult]) -> dict[Status, int]:
    counts = Counter(result.status for result in results)
    return {status: counts[status] for status in STATUSES}


def _score(results: Iterable[MutantResult]) -> ScoreEntry | None:
    score = score_of(results)
    low, high = score.low, score.high
    if low.total == 0:
        return None
    return ScoreEntry.model_validate(
        {
            "detected": low.covered,
            "unresolved": high.covered - low.covered,
            "valid": low.total,
            "low": low.percent,
            "high": high.percent,
        }
    )


def mutant_entry(result: MutantResult, position: Mapping[str, int]) -> MutantEntry:
    """Write one result; `position` gives the place of each test in the list of its section."""
    mutant = result.mutant
    return MutantEntry(
        id=mutant.id,
        path=mutant.path,
        line=mutant.line,
        column=mutant.column,
        end_line=mutant.end_line,
        end_column=mutant.end_column,
        operator=mutant.operator,
        function=mutant.function,
        original=mutant.original,
        replacement=mutant.replacement,
        source=mutant.source,
        status=result.status,
        reason=result.reason,
        killed_by=result.killed_by,
        covered_by=tuple(position[test] for test in result.covered_by),
        seconds=round(result.seconds, 4),
    )
