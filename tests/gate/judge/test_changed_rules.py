from __future__ import annotations

from dataclasses import replace

import pytest
from builders import (
    TODAY,
    make_change,
    make_evidence,
    make_file_coverage,
    make_function,
    make_outcome,
    make_policy,
    make_suite,
)

from gate.judge.rules.changed_branch import rule as changed_branch
from gate.judge.rules.changed_function import rule as changed_function
from gate.judge.rules.changed_line import rule as changed_line
from gate.judge.rules.changed_nothing import rule as changed_nothing
from gate.model import ChangedFile, Evidence, Finding, Ratio

RULES = (changed_line, changed_branch, changed_function, changed_nothing)


def findings(evidence: Evidence) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(make_policy(), evidence, TODAY)]


def changed(*files: object, suite: object = None) -> Evidence:
    return make_evidence(suite, changed=make_change(), changed_files=files)  # type: ignore[arg-type]  # passed on as given


def test_without_a_base_no_change_is_judged() -> None:
    assert findings(make_evidence()) == []


def test_a_covered_change_has_nothing_to_say() -> None:
    assert findings(changed(make_file_coverage(lines=4))) == []


def test_each_file_with_a_gap_is_one_finding_at_its_first_uncovered_line() -> None:
    evidence = changed(
        make_file_coverage("b.py", 5, [9, 3, 4, 5]), make_file_coverage("a.py", 5, [7])
    )
    first, second = findings(evidence)
    assert (first.path, first.line) == ("a.py", 7)
    assert first.message == (
        "no test executes changed line 7; "
        "line coverage of the change is 50 %, 80 % is required (5 of 10)"
    )
    assert (second.path, second.line) == ("b.py", 3)
    assert second.message.startswith("no test executes changed lines 3-5, 9;")
    assert (second.rule, second.measured, second.required) == ("changed.line", 50.0, 80.0)
    assert {first.forces, second.forces} == {"fail"}


def test_a_gap_within_the_threshold_is_a_note() -> None:
    (finding,) = findings(changed(make_file_coverage("a.py", 10, [7])))
    assert (finding.level, finding.forces) == ("note", None)


def test_a_missing_branch_names_both_its_ends() -> None:
    file = make_file_coverage("a.py", 4, missing_branches=[(4, -1), (4, 7)], branch=Ratio(2, 4))
    (finding,) = findings(changed(file))
    assert finding.message == (
        "no test takes branches 4 to exit, 4 to 7; "
        "branch coverage of the change is 50 %, 90 % is required (2 of 4)"
    )
    assert (finding.rule, finding.line, finding.forces) == ("changed.branch", 4, "fail")


def test_a_shortfall_without_a_named_gap_still_fails() -> None:
    (finding,) = findings(changed(make_file_coverage("a.py", line=Ratio(1, 10))))
    assert (finding.rule, finding.path, finding.forces) == ("changed.line", None, "fail")


def test_a_crash_makes_a_gap_inconclusive() -> None:
    suite = make_suite(make_outcome(), make_outcome("t::b", "crashed"))
    (finding,) = findings(changed(make_file_coverage("a.py", 5, [1, 2, 3]), suite=suite))
    assert finding.forces == "inconclusive"


def test_a_change_that_was_not_measured_is_a_hole() -> None:
    (finding,) = findings(make_evidence(changed=make_change()))
    assert (finding.rule, finding.forces) == ("changed.line", "inconclusive")


def test_a_change_with_nothing_to_check_says_so_by_name() -> None:
    (finding,) = findings(changed())
    assert (finding.rule, finding.level, finding.forces) == ("changed.nothing", "note", None)
    assert finding.message == "the change since main has no measured line to check (1 changed file)"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("cab", "3 changed files; not measured: a.py, b.py, c.py"),
        ("dacb", "4 changed files; not measured: a.py, b.py, c.py and 1 more"),
    ],
)
def test_code_that_is_not_measured_is_named_up_to_three_files(names: str, told: str) -> None:
    files = [ChangedFile(f"{name}.py", frozenset({1})) for name in names]
    evidence = make_evidence(changed=make_change(*files), changed_files=())
    (finding,) = findings(evidence)
    assert finding.message.endswith(f"has no measured line to check ({told})")


def test_what_is_no_code_or_has_no_changed_line_is_not_said_to_be_unmeasured() -> None:
    files = ChangedFile("notes.md", frozenset({1})), ChangedFile("gone.py", frozenset(), "deleted")
    evidence = make_evidence(changed=make_change(*files), changed_files=())
    (finding,) = findings(evidence)
    assert finding.message.endswith("has no measured line to check (2 changed files)")


def test_a_function_that_runs_at_import_only_is_told_as_such() -> None:
    at_import = replace(make_function("register", 3), at_import=True)
    file = make_file_coverage("a.py", missing_functions=[at_import], function=Ratio(9, 10))
    (finding,) = findings(changed(file))
    assert finding.message == (
        "no test executes register, which runs at import only, which the change adds or edits"
    )


def test_a_function_that_nothing_executes_fails_however_many_lines_surround_it() -> None:
    lonely = [make_function("_rescue", 40), make_function("_rest", 20)]
    file = make_file_coverage("a.py", 5_000, missing_functions=lonely, function=Ratio(8, 10))
    first, second = findings(changed(file))
    assert (first.rule, first.level, first.forces) == ("changed.function", "error", "fail")
    assert (first.path, first.line, second.line) == ("a.py", 20, 40)
    assert first.message == "no test executes _rest, which the change adds or edits"
    assert (first.measured, first.required) == (80.0, 100.0)


def test_functions_are_compared_with_the_threshold_for_functions() -> None:
    file = make_file_coverage("a.py", missing_functions=[make_function()], function=Ratio(9, 10))
    evidence = changed(file)
    asks_less = make_policy("[coverage]\nfunction = 90")
    (finding,) = changed_function(asks_less, evidence, TODAY)
    assert (finding.level, finding.forces) == ("note", None)
    elsewhere = make_policy('[[path]]\nmatch = "a.py"\ncoverage.function = 0')
    assert list(changed_function(elsewhere, evidence, TODAY)) == []


def test_a_crash_makes_a_function_that_nothing_executes_inconclusive() -> None:
    file = make_file_coverage("a.py", missing_functions=[make_function()], function=Ratio(9, 10))
    evidence = changed(file, suite=make_suite(make_outcome("t.py::t", "crashed")))
    assert {finding.forces for finding in findings(evidence)} == {"inconclusive"}
