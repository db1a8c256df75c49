from __future__ import annotations

import pytest
from builders import make_evidence, make_mutant, make_mutation, make_policy, make_result
from samples import failing_run, make_results, passing_run

from gate.errors import UsageError
from gate.model import ControlRun, FailedControl, MutantResult, MutationRun, Status
from gate.report import mutants
from gate.results.document import Results


def results_of(run: MutationRun) -> Results:
    return make_results(evidence=make_evidence(mutation=run))


def survivor(number: int, path: str, function: str, tests: int = 1) -> MutantResult:
    mutant = make_mutant(number, path=path, function=function, line=number // 10 + 1)
    covering = tuple(f"t::{n}" for n in range(tests))
    return make_result(number, "Survived", mutant=mutant, covered_by=covering)


@pytest.mark.parametrize(
    ("statuses", "changed", "line"),
    [
        ([], False, "0 mutants in 2.5 s"),
        (["Killed"], True, "1 mutant of the change: 1 killed in 2.5 s"),
        (["Survived", "Ignored"], False, "2 mutants: 1 survived, 1 ignored in 2.5 s"),
        (["CompileError"] * 2, False, "2 mutants: 2 do not compile in 2.5 s"),
        (
            ["Pending", "Timeout", "RuntimeError", "NoCoverage"],
            False,
            "4 mutants: 1 timed out, 1 crashed, 1 not covered, 1 unresolved in 2.5 s",
        ),
    ],
)
def test_only_counts_that_are_not_zero_are_told(
    statuses: list[Status], changed: bool, line: str
) -> None:
    run = make_mutation(*statuses, changed=changed)
    assert mutants.counts_line(results_of(run).mutation) == line


def test_a_thousand_mutants_are_written_with_a_comma() -> None:
    run = make_mutation(*["Killed"] * 1_200)
    assert mutants.counts_line(results_of(run).mutation).startswith("1,200 mutants: 1,200 killed")


def test_ignored_mutants_are_counted_by_rule_the_most_frequent_first() -> None:
    reasons = ["log: a", "typing: b", "typing: c", "no rule", "\x1b[31m: d"]
    assert mutants.ignored_line(reasons) == "2 typing, 1 \\x1b[31m, 1 for other reasons, 1 log"
    assert mutants.ignored_line([]) == ""


def test_what_no_test_runs_is_counted_by_function() -> None:
    places = [("a.py", "f"), ("a.py", "f"), ("a.py", ""), ("b.py", "g"), ("c.py", "g")]
    run = make_mutation(
        results=[
            make_result(n, "NoCoverage", mutant=make_mutant(n, path=path, function=function))
            for n, (path, function) in enumerate(places, 1)
        ]
    )
    line = mutants.not_covered_line(results_of(run).mutation)
    assert line == "f (2), module level (1), g in b.py (1), g in c.py (1)"


def test_functions_that_no_test_runs_beyond_eight_are_counted() -> None:
    line = mutants.not_covered_line(failing_run().mutation)
    assert line.count("(") == 8
    assert line.endswith(" and 7 more functions")


@pytest.mark.parametrize(
    ("statuses", "score", "falls"),
    [
        (["Killed"] * 7 + ["Survived"] * 3, "70", ""),
        (["Killed"] * 6 + ["Survived"] * 4, "60", "below"),
        (["Killed"] * 6 + ["Pending"] * 3 + ["NoCoverage"], "60-90", "perhaps below"),
        (["Killed"] * 6 + ["Pending"] + ["NoCoverage"] * 3, "60-70", "perhaps below"),
        (["Killed"] * 2 + ["Pending"] + ["NoCoverage"] * 6, "22.22-33.33", "below"),
        (["Ignored"], "-", ""),
    ],
)
def test_a_score_is_an_interval_where_mutants_are_unresolved(
    statuses: list[Status], score: str, falls: str
) -> None:
    _, file = mutants.table(results_of(make_mutation(*statuses)))
    assert (file.name, file.is_file) == ("pkg/a.py", True)
    assert (file.cells[:2], file.falls) == ((score, "70"), falls)


def test_of_a_change_the_total_is_judged_and_else_each_file_of_the_core() -> None:
    other = make_result(9, "Survived", mutant=make_mutant(9, path="pkg/b.py"))
    results = (make_result(1, "Killed"), other)
    whole = mutants.table(results_of(make_mutation(results=results)))
    change = mutants.table(results_of(make_mutation(results=results, changed=True)))
    assert [(row.name, row.cells[1]) for row in whole] == [
        *(("in total", ""), ("pkg/b.py", ""), ("pkg/a.py", "70"))
    ]
    assert [row.cells[1] for row in change] == ["80", "", ""]
    assert [row.falls for row in change] == ["below", "", ""]


def test_columns_without_a_word_to_say_are_left_out() -> None:
    def heads(run: MutationRun) -> list[str]:
        return [mutants.COLUMNS[n] for n in mutants.columns_shown(mutants.table(results_of(run)))]

    always = ["score %", "valid", "detected", "survived", "not covered"]
    assert heads(make_mutation("Killed", core=())) == always
    assert heads(make_mutation("Pending")) == list(mutants.COLUMNS)


def test_files_come_worst_score_first_and_those_without_one_last() -> None:
    policy = make_policy('[source]\ninclude = ["pkg"]\n[mutation]\ncore = ["pkg"]\n')
    placed: list[tuple[str, Status]] = [
        *(("pkg/good.py", "Killed"), ("pkg/bad.py", "Survived"), ("pkg/half.py", "Killed")),
        *(("pkg/half.py", "NoCoverage"), ("pkg/none.py", "Ignored"), ("pkg/half2.py", "Killed")),
        ("pkg/half2.py", "Survived"),
    ]
    run = make_mutation(
        results=[
            make_result(n, status, mutant=make_mutant(n, path=path))
            for n, (path, status) in enumerate(placed, 1)
        ],
        core=("pkg/empty.py",),
    )
    results = make_results(policy, make_evidence(mutation=run))
    assert [path for path, _ in mutants.worst_first(results.mutation)] == [
        *("pkg/bad.py", "pkg/half2.py", "pkg/half.py", "pkg/good.py"),
        *("pkg/empty.py", "pkg/none.py"),
    ]


def test_functions_take_turns_among_the_survivors_shown() -> None:
    run = make_mutation(
        results=[
            survivor(1, "a.py", "f"),
            survivor(2, "a.py", "f"),
            survivor(11, "a.py", "f"),
            survivor(12, "a.py", "g"),
            survivor(21, "b.py", "h"),
            make_result(99, mutant=make_mutant(99, path="b.py")),
        ]
    )
    mutation = results_of(run).mutation
    chosen = [int(result.mutant.id, 16) for result in mutants.survivors(mutation, 10)]
    # a.py is worse than b.py; f has more survivors than g; two lines of f come before one line twice.
    assert chosen == [1, 12, 21, 11, 2]
    assert len(mutants.survivors(mutation, 3)) == 3


def test_of_a_function_the_survivor_that_most_tests_ran_comes_first() -> None:
    run = make_mutation(results=[survivor(10, "a.py", "f", 2), survivor(20, "a.py", "f", 30)])
    first, second = mutants.survivors(results_of(run).mutation, 2)
    assert [mutants.ran_by(first), mutants.ran_by(second)] == [
        "covered by 30 tests",
        "covered by 2 tests",
    ]


def test_a_mutant_is_found_by_the_beginning_of_its_id() -> None:
    results = results_of(make_mutation(*["Killed"] * 17))
    assert [result.mutant.line for result in mutants.find_mutants(results, "00000000000")] == [
        *range(1, 16)
    ]
    assert [result.mutant.line for result in mutants.find_mutants(results, "000000000011")] == [17]
    assert mutants.find_mutants(results, "f") == []
    assert mutants.find_mutant(results, "000000000010").mutant.line == 16


def test_an_id_that_is_the_beginning_of_another_finds_its_own_mutant() -> None:
    run = make_mutation(
        results=[make_result(n, mutant=make_mutant(n, id="ab" * n)) for n in (1, 2)]
    )
    assert [result.mutant.id for result in mutants.find_mutants(results_of(run), "ab")] == ["ab"]
    assert [result.mutant.id for result in mutants.find_mutants(results_of(run), "a")] == [
        "ab",
        "abab",
    ]


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("\x1bf", "the results hold 7 mutants, none with an id that begins with \\x1bf"),
        ("0", "'0' is ambiguous (7 ids)"),
    ],
)
def test_none_or_several_are_an_error_with_a_next_step(prefix: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        mutants.find_mutant(results_of(make_mutation(*["Killed"] * 7)), prefix)
    assert raised.value.message == message
    assert raised.value.hint


def test_the_score_of_a_change_is_told_with_what_it_must_reach() -> None:
    assert mutants.score_line(passing_run()) == (
        "89.47 %, 17 of 19 valid mutants of the change detected, 80 % is required"
    )
    assert mutants.score_line(results_of(make_mutation("Pending"))) == (
        "0-100 %, 0 of 1 valid mutant detected"
    )
    assert mutants.score_line(results_of(make_mutation("Ignored"))) == "no mutant counts"


def test_survivors_that_were_not_run_again_are_told() -> None:
    run = make_mutation("Survived", remembered=1)
    assert mutants.remembered_line(results_of(run).mutation) == (
        "1 survivor from an earlier run (nothing that decides them has changed)"
    )
    assert mutants.remembered_line(results_of(make_mutation("Survived")).mutation) == ""


@pytest.mark.parametrize(
    ("controls", "line"),
    [
        (ControlRun(), ""),
        (ControlRun(neutral=1), "1 edit without effect, none flagged"),
        (
            ControlRun(2, (), 40, (FailedControl("t", 3),)),
            "40 edits without effect, 1 flagged; 2 functions made to raise, all detected",
        ),
        (ControlRun(1, ("a.py::f",)), "1 function made to raise, 1 not detected"),
    ],
)
def test_controls_are_told_in_one_line(controls: ControlRun, line: str) -> None:
    run = make_mutation("Survived", controls=controls)
    assert mutants.controls_line(results_of(run).mutation) == line
