"""How mutants stand in a results document: what many share is written once, and named by its position."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from gate.model.mutants import Moment, Mutant, MutantResult, Status
from gate.model.values import Count, Line, Seconds, Text, WrittenAs

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class FunctionPlace:
    """A function by its qualified name, which is empty at module level."""

    path: Text
    qualname: Text


@dataclass(frozen=True, slots=True)
class MutantRow:
    """One mutant and what became of it. Columns count characters from 1, the last one is exclusive.

    `function`, `source`, `killed_by` and `covered_by` are positions in `functions`, `sources`, `tests` and
    `cover_sets` of the table. `moment` is when the changed code runs.
    """

    id: Text
    function: Count
    line: Line
    column: Line
    end_line: Line
    end_column: Line
    operator: Text
    source: Count
    original: Text
    replacement: Text
    moment: Moment
    status: Status
    reason: Text
    killed_by: Count | None
    covered_by: Count
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class MutantTable:
    """Mutants by file and place.

    A cover set names the tests that ran a mutant by their positions in `tests`, in the order in which they
    are asked. `sources` are the lines that mutants change, as they are in their files.
    """

    mutants: tuple[MutantRow, ...]
    functions: tuple[FunctionPlace, ...]
    tests: tuple[Text, ...]
    cover_sets: tuple[tuple[Count, ...], ...]
    sources: tuple[Text, ...]


class _Positions(dict[Key, int]):
    """Gives each value the position at which it was first asked for."""

    def __missing__(self, value: Key) -> int:
        return self.setdefault(value, len(self))


def written(results: Iterable[MutantResult]) -> MutantTable:
    """Put results into a table."""
    ordered = sorted(results, key=place_of)
    names = {test for result in ordered for test in (*result.covered_by, *_killer(result))}
    tests = {test: number for number, test in enumerate(sorted(names))}
    functions, sources = _Positions[FunctionPlace](), _Positions[str]()
    cover_sets = _Positions[tuple[int, ...]]()
    rows = []
    for result in ordered:
        mutant = result.mutant
        rows.append(
            MutantRow(
                id=mutant.id,
                function=functions[FunctionPlace(mutant.path, mutant.function)],
                line=mutant.line,
                column=mutant.column,
                end_line=mutant.end_line,
                end_column=mutant.end_column,
                operator=mutant.operator,
                source=sources[mutant.source],
                original=mutant.original,
                replacement=mutant.replacement,
                moment=mutant.moment,
                status=result.status,
                reason=result.reason,
                killed_by=None if result.killed_by is None else tests[result.killed_by],
                covered_by=cover_sets[tuple(tests[test] for test in result.covered_by)],
                seconds=round(result.seconds, 4),
            )
        )
    shared = tuple(functions), tuple(tests), tuple(cover_sets), tuple(sources)
    return MutantTable(tuple(rows), *shared)


def read(table: MutantTable) -> tuple[MutantResult, ...]:
    """Read results from a table, in its order; raises ValueError for a position that is not there.

    What no rule and no report asks for is not in a table. It is filled with what makes no difference:
    a mutant begins at its position.
    """
    try:
        return tuple(_result(table, place, row) for place, row in enumerate(table.mutants))
    except LookupError as error:
        raise ValueError(f"a mutant names what is not in its table: {error}") from error


def _result(table: MutantTable, place: int, row: MutantRow) -> MutantResult:
    function = table.functions[row.function]
    mutant = Mutant(
        id=row.id,
        path=function.path,
        line=row.line,
        column=row.column,
        end_line=row.end_line,
        end_column=row.end_column,
        operator=row.operator,
        function=function.qualname,
        original=row.original,
        replacement=row.replacement,
        source=table.sources[row.source],
        start=place,
        end=place,
        moment=row.moment,
    )
    return MutantResult(
        mutant=mutant,
        status=row.status,
        reason=row.reason,
        killed_by=None if row.killed_by is None else table.tests[row.killed_by],
        covered_by=tuple(table.tests[test] for test in table.cover_sets[row.covered_by]),
        seconds=row.seconds,
    )


def place_of(result: MutantResult) -> tuple[str, int, int, str]:
    """Give the sort key: by file, then as the mutants stand in it."""
    mutant = result.mutant
    return mutant.path, mutant.start, mutant.end, mutant.id


def _killer(result: MutantResult) -> tuple[str, ...]:
    return () if result.killed_by is None else (result.killed_by,)


# Results of mutants, written as a table.
Results = Annotated[tuple[MutantResult, ...], WrittenAs(MutantTable, written, read)]
