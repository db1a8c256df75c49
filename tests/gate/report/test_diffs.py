from __future__ import annotations

import re
from typing import Any

import pytest
from builders import make_evidence, make_mutant, make_mutation, make_result
from hypothesis import given
from hypothesis import strategies as st
from samples import make_change_of, make_results

from gate.model import Mutant, MutantResult
from gate.mutate.generate import generate
from gate.report.cells import cells
from gate.report.diffs import DiffLine, old_and_new, short_diff, whole_diff

CALL = "    save(\n        student,\n        target,\n    )"


def entry(mutant: Mutant) -> MutantResult:
    run = make_mutation(results=(make_result(mutant=mutant),), core=(mutant.path,))
    return make_results(evidence=make_evidence(mutation=run)).mutant_run.results[0]


def change(source: str, original: str, replacement: str) -> MutantResult:
    return entry(make_change_of(1, source, original, replacement))


def shown(lines: list[DiffLine]) -> list[str]:
    return [str(line) for line in lines]


def test_a_change_is_its_whole_line_before_and_after_without_indentation() -> None:
    mutant = change("    return a**2  # squared", "2", "3")
    assert shown(short_diff(mutant, 80)) == ["- return a**2  # squared", "+ return a**3  # squared"]


def test_what_differs_is_told_apart_in_whole_words() -> None:
    old, new = short_diff(change("x = not_true(True, 1)", "True", "False"), 80)
    assert old == DiffLine("-", "x = not_true(", "True", ", 1)")
    assert new == DiffLine("+", "x = not_true(", "False", ", 1)")


def test_of_a_long_statement_its_first_line_and_those_that_differ_are_shown() -> None:
    call = CALL.strip()
    mutant = change(CALL, call, call.replace("target", "None"))
    assert shown(short_diff(mutant, 80)) == ["  save(", "-     target,", "+     None,"]
    assert shown(whole_diff(mutant)) == [
        *("      save(", "          student,", "-         target,", "+         None,", "      )")
    ]


def test_lines_that_go_leave_nothing_in_their_place() -> None:
    gone = make_mutant(
        column=1, end_column=20, end_line=2, source="    case 1:\n        pass", replacement=""
    )
    assert shown(short_diff(entry(gone), 80)) == ["- case 1:", "-     pass"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_parts_lines(end: str) -> None:
    source = f"a = ({end}1,{end}2)"
    mutant = make_mutant(
        column=5, end_line=3, end_column=3, source=source, replacement=f"({end}1,{end}3)"
    )
    assert shown(short_diff(entry(mutant), 80)) == ["  a = (", "- 2)", "+ 3)"]


def test_a_form_feed_or_a_separator_of_unicode_is_no_line_end() -> None:
    mutant = change("a = '\x0c\u2028' + b", "+", "-")
    assert shown(short_diff(mutant, 80))[0] == "- a = '\\x0c\\u2028' + b"


def test_tabs_of_the_indentation_become_blanks() -> None:
    assert shown(whole_diff(change("\t\tx = 1", "1", "2")))[0] == "-         x = 1"


def test_at_most_three_lines_of_each_side_are_shown() -> None:
    table = "TABLE = {\n    1: 2,\n    3: 4,\n    5: 6,\n}"
    assert shown(short_diff(change(table, table, "TABLE = None"), 80)) == [
        *("- TABLE = {", "-     1: 2,", "- ... and 3 more lines", "+ TABLE = None")
    ]


def test_a_long_line_is_cut_around_the_change() -> None:
    mutant = change("    x = " + "f(" * 40 + "1 + 2" + ")" * 70, "1 + 2", "1 - 2")
    old, new = shown(short_diff(mutant, 50))
    assert old.startswith("- ...(f(")
    assert old.endswith("...")
    assert "1 + 2" in old
    assert new[2:] == old[2:].replace("+", "-")


@given(st.integers(20, 90), st.integers(0, 200), st.integers(0, 200), st.sampled_from("a日\t"))
def test_no_line_is_wider_than_asked_and_the_change_is_in_it(
    width: int, before: int, after: int, filler: str
) -> None:
    mutant = change(f"x{filler * before} + y{filler * after}", "+", "-")
    old, new = short_diff(mutant, width)
    assert max(cells(str(line)) for line in (old, new)) <= width
    assert (old.changed, new.changed) == ("+", "-")


@given(
    st.text("#[ :\x1b\ta", max_size=20),
    st.text("#[ :\x1ba\n", max_size=20),
    st.text("#[ :\x1ba\r", max_size=20),
    st.integers(1, 25),
    st.integers(1, 25),
)
def test_nothing_in_a_diff_is_a_command_or_a_control_sequence(
    source: str, old: str, new: str, column: int, end: int
) -> None:
    fields: dict[str, Any] = {"source": source + old, "replacement": new, "original": old}
    mutant = entry(make_mutant(column=column, end_column=end, **fields))
    for line in [*shown(short_diff(mutant, 12)), *shown(whole_diff(mutant))]:
        assert line.isprintable()
        assert "##[" not in line


def test_pieces_that_are_a_command_together_are_parted() -> None:
    mutant = change("x = 1 ##a", "a", "[a")
    assert shown(short_diff(mutant, 80)) == ["- x = 1 ##a", "+ x = 1 # #[a"]


def test_old_and_new_are_cut_around_their_difference() -> None:
    assert old_and_new("a + b", "a - b", 20) == ("a + b", "a - b")
    old, new = old_and_new("f" * 40 + "(1)" + "g" * 40, "f" * 40 + "(2)" + "g" * 40, 20)
    assert (old, new) == ("...ff(1)" + "g" * 9 + "...", "...ff(2)" + "g" * 9 + "...")


def test_the_diff_of_each_generated_mutant_is_what_it_does_to_the_file() -> None:
    source = (
        "def step(kind, *, limit=3):\n"
        "    match kind:\n"
        "        case 1:\n"
        "            return sum(\n"
        "                range(limit),\n"
        "                start=1,\n"
        "            )\n"
        "        case _:\n"
        '            return "ä" if (kind\n'
        "                and limit) else -limit\n"
    )
    mutants = generate("pkg/a.py", source.encode())
    assert len(mutants) > 15
    for mutant in mutants:
        data = source.encode()
        whole = (data[: mutant.start] + mutant.replacement.encode() + data[mutant.end :]).decode()
        diff = whole_diff(entry(mutant))
        before = [str(line)[2:] for line in diff if line.sign != "+"]
        after = [str(line)[2:] for line in diff if line.sign != "-"]
        lines = source.splitlines()
        assert before == lines[mutant.line - 1 : mutant.end_line]
        assert (
            "\n".join([*lines[: mutant.line - 1], *after, *lines[mutant.end_line :], ""]) == whole
        )
        assert re.search(r"^[-+] ", "\n".join(map(str, diff)), re.MULTILINE)
