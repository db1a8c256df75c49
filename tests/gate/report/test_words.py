from __future__ import annotations

from dataclasses import replace

import pytest
from builders import (
    make_evidence,
    make_file_coverage,
    make_function,
    make_mutation,
    make_outcome,
    make_suite,
)
from hypothesis import given
from hypothesis import strategies as st
from samples import failing_run, make_results, passing_run

from gate.model import FileCoverage, NotJudged, OrderProbe, Ratio
from gate.report import words
from gate.report.words import some_of


@given(st.text())
def test_any_text_becomes_one_visible_line(text: str) -> None:
    assert words.one_line(text, 10**6).isprintable()


def test_text_that_prints_is_left_as_it_is() -> None:
    assert words.one_line("tests/tëst_ä.py::t[naïve 日本]") == "tests/tëst_ä.py::t[naïve 日本]"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202etxt", "\\u202etxt"),
        ("\u2028", "\\u2028"),
        ("\udcff", "\\udcff"),
        ("a ###[error]", "a ## #[error]"),
    ],
)
def test_what_moves_the_cursor_or_hides_is_spelled_out(text: str, shown: str) -> None:
    assert words.one_line(text) == shown


def test_a_line_that_would_begin_a_command_is_parted_after_its_first_colon() -> None:
    assert words.disarmed("::a::b\n  ::c\nd ::e") == ": :a::b\n  : :c\nd ::e"


def test_long_text_is_cut_with_dots() -> None:
    assert words.one_line("a" * 20, 10) == "aaaaaaa..."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (0.44, "0.4 s"), (48.2, "48 s"), (59.7, "1 min 0 s"), (200, "3 min 20 s")],
)
def test_a_duration_is_read_at_a_glance(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


def test_only_counts_that_are_not_zero_are_told() -> None:
    none = make_results(evidence=make_evidence(make_suite(make_outcome(outcome="skipped"))))
    assert words.counts_line(none.suite) == "0 passed, 1 skipped in 1.5 s"
    assert words.counts_line(failing_run().suite) == (
        "1,421 passed, 15 failed, 1 timed out, 1 excluded in 5 min 11 s"
    )


@pytest.mark.parametrize(
    ("order", "text"),
    [
        (OrderProbe(), "skipped"),
        (OrderProbe(reason="off"), "skipped: off"),
        (OrderProbe(3, 3), "3 of 3 tests re-run in another order; no order dependence found"),
        (
            OrderProbe(3, 1500, ("a", "b"), "the rest is slow"),
            "3 of 1,500 tests re-run in another order; 2 tests need others first",
        ),
        (
            OrderProbe(1, 1, ("a",)),
            "1 of 1 test re-run in another order; 1 test needs others first",
        ),
    ],
)
def test_the_order_probe_is_told_in_one_line(order: OrderProbe, text: str) -> None:
    assert words.order_line(order) == text


def test_coverage_with_parts_missing_is_an_interval() -> None:
    file = make_file_coverage("pkg/a.py", 20, [3, 4], [(3, 4)])
    whole = make_results(evidence=make_evidence(files=[file]))
    hung = make_suite(make_outcome(), make_outcome("t::hung", "timeout"))
    parts = make_results(evidence=make_evidence(hung, files=[file]))
    assert words.percents(whole.coverage, complete=whole.complete) == ("90", "90", "100")
    for of in (parts.coverage, parts.coverage.by_path["pkg/a.py"]):
        assert words.percents(of, complete=parts.complete) == ("90-100", "90-100", "100")


def test_files_come_worst_first() -> None:
    files = [
        make_file_coverage("full.py"),
        make_file_coverage("empty.py", 0, branch=Ratio(0, 0), function=Ratio(0, 0)),
        make_file_coverage("branch.py", missing_branches=[(1, 2)]),
        make_file_coverage("function.py", missing_functions=[make_function()]),
        make_file_coverage("line.py", missing_lines=[1]),
        make_file_coverage("worse.py", missing_lines=[1, 2]),
        make_file_coverage("blind.py", 0, unreadable="NUL"),
    ]
    order = words.worst_first(make_results(evidence=make_evidence(files=files)).coverage)
    assert [file.path for file in order] == [
        *("blind.py", "worse.py", "line.py", "branch.py", "function.py", "empty.py", "full.py")
    ]
    assert [words.is_full(file) for file in order] == [*[False] * 5, True, True]
    assert words.rest_of_files(order) == "5 more files with gaps, 2 more files fully covered"
    assert words.rest_of_files(order[-1:]) == "1 more file fully covered"


@pytest.mark.parametrize(
    ("file", "width", "text"),
    [
        (make_file_coverage(missing_lines=[1, 2, 5, 9]), 20, "1-2, 5, 9"),
        (make_file_coverage(missing_lines=range(1, 99, 2)), 20, "1, 3, 5 and 46 more"),
        (make_file_coverage(missing_lines=range(1, 99, 2)), 8, "1, 3,..."),
        (make_file_coverage(missing_branches=[(3, -1)]), 30, "branch 3 to exit"),
        (make_file_coverage(missing_branches=[(3, -1), (4, 5)]), 30, "branches 3 to exit, 4 to 5"),
        (make_file_coverage(missing_functions=[make_function("A.run")]), 30, "A.run"),
        (make_file_coverage(unreadable="NUL bytes"), 15, "unreadable: ..."),
        (make_file_coverage(), 15, ""),
    ],
)
def test_what_is_missing_fits_its_column(file: FileCoverage, width: int, text: str) -> None:
    assert words.missing(file, width) == text
    assert len(text) <= width


def test_exclusions_are_told_by_pattern_and_skips_by_reason() -> None:
    results = passing_run()
    ((exclusion, count),) = words.exclusions(results.suite)
    assert (exclusion.pattern, count) == ("tests/test_export_student.py::test_onnx_*", 2)
    assert words.skip_reasons(results.suite) == [("no CUDA device", 7), ("not macOS", 1)]


def test_a_next_step_shared_by_a_run_of_findings_comes_with_the_last() -> None:
    finding = failing_run().findings[0]
    told = [replace(finding, help=text) for text in ("a", "a", "b", "a")]
    assert [text for _, text in words.with_help(told)] == ["", "a", "b", "a"]


def test_what_was_not_judged_is_named() -> None:
    assert words.not_judged(make_results()) == (
        "changed lines (no --base was given), mutation (it did not run)"
    )
    assert words.not_judged(passing_run()) == ""
    assert words.not_judged(failing_run()) == "changed lines (no --base was given)"
    mutate = replace(make_evidence(mutation=make_mutation("Killed")), command="mutate")
    assert words.not_judged(make_results(evidence=mutate)) == (
        "coverage (gate mutate judges mutants alone)"
    )


def test_what_the_command_line_left_out_is_named_with_its_words() -> None:
    without = [NotJudged("mutation", "--no-mutation"), NotJudged("lost kills", "--no-mutation")]
    results = make_results(evidence=make_evidence(not_judged=tuple(without)))
    assert words.left_out(results) == "mutation and lost kills not judged: --no-mutation"
    assert words.not_judged(results) == (
        "mutation (--no-mutation), lost kills (--no-mutation), changed lines (no --base was given)"
    )
    some = (NotJudged("files outside a.py", "PATHS"), *without[:1])
    results = make_results(evidence=make_evidence(not_judged=some))
    assert words.left_out(results) == (
        "files outside a.py not judged: PATHS; mutation not judged: --no-mutation"
    )
    assert words.left_out(make_results()) == ""


def test_isolation_is_one_line_with_the_command_that_tells_more() -> None:
    def told(more: str = "", **isolation: str) -> str:
        results = passing_run()
        results = replace(results, suite=replace(results.suite, isolation=isolation))
        return words.isolation_line(results, more)

    lacking = {"level": "partial", "not in force": "network", "workers": "forks"}
    assert told(**lacking) == "partial (not in force: network)"
    assert told("gate report -v", **lacking) == (
        "partial (not in force: network; details: gate report -v)"
    )
    whole = {**lacking, "level": "full", "not in force": "nothing"}
    assert told("gate report -v", **whole) == "full (details: gate report -v)"
    assert told(**whole) == "full"
    assert told("gate report -v", workers="forks") == ""


def test_skips_without_a_reason_name_their_places() -> None:
    skipped = [
        make_outcome("a.py::1", "skipped", line=4),
        make_outcome("a.py::2", "skipped", line=9, message="unconditional skip"),
        make_outcome("b.py::3", "skipped", line=2, message="no GPU"),
    ]
    results = make_results(evidence=make_evidence(make_suite(make_outcome(), *skipped)))
    assert words.skip_reasons(results.suite) == [
        ("no reason given (a.py:4, a.py:9)", 2),
        ("no GPU", 1),
    ]


def test_the_first_of_several_are_named_and_the_others_counted() -> None:
    assert some_of(["a", "b"], 2) == "a, b"
    assert some_of(["a", "b", "c"], 2) == "a, b and 1 more"
    assert some_of([], 2) == ""
