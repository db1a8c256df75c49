from __future__ import annotations

from dataclasses import replace

import pytest
from builders import make_mutant, make_result

from gate.model.mutant_table import MutantTable, read, written

TESTS = ("tests/test_b.py::test_two", "tests/test_a.py::test_one")


def table_of_three() -> MutantTable:
    """Mutants of two functions, two of them on one line and run by the same tests."""
    return written(
        [
            make_result(3, mutant=make_mutant(3, function="g", source="    x = 3")),
            make_result(2, "Survived", covered_by=TESTS),
            make_result(1, killed_by=TESTS[1], covered_by=TESTS),
        ]
    )


def test_mutants_stand_by_place_and_what_they_share_stands_once() -> None:
    table = table_of_three()
    assert [row.line for row in table.mutants] == [1, 2, 3]
    assert [place.qualname for place in table.functions] == ["add", "g"]
    assert table.tests == ("tests/test_a.py::test_one", "tests/test_b.py::test_two")
    assert table.cover_sets == ((1, 0), (0,))
    assert table.sources == ("    return a + b", "    x = 3")
    assert [row.killed_by for row in table.mutants] == [0, None, 0]


def test_a_table_is_read_back_in_its_order() -> None:
    results = read(table_of_three())
    assert written(results) == table_of_three()
    assert results[0].covered_by == TESTS
    assert [result.mutant.start for result in results] == [0, 1, 2]


def test_a_killer_that_ran_no_line_of_its_mutant_is_named_all_the_same() -> None:
    table = written([make_result(1, killed_by="a::other", covered_by=TESTS[:1])])
    assert table.tests == ("a::other", TESTS[0]) == tuple(sorted(table.tests))
    assert read(table)[0].killed_by == "a::other"


def test_seconds_are_written_to_a_tenth_of_a_millisecond() -> None:
    assert written([make_result(1, seconds=1.23456)]).mutants[0].seconds == 1.2346


@pytest.mark.parametrize("key", ["function", "source", "killed_by", "covered_by"])
def test_a_position_that_is_not_there_is_refused(key: str) -> None:
    table = table_of_three()
    row = replace(table.mutants[0], **{key: 9})  # type: ignore[arg-type]  # a position each
    with pytest.raises(ValueError, match="a mutant names what is not in its table"):
        read(replace(table, mutants=(row,)))
