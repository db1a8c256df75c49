from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from builders import (
    TODAY,
    make_cause,
    make_evidence,
    make_file_coverage,
    make_function,
    make_outcome,
    make_policy,
    make_suite,
)

from gate.judge.rules.coverage_branch import rule as coverage_branch
from gate.judge.rules.coverage_function import rule as coverage_function
from gate.judge.rules.coverage_line import rule as coverage_line
from gate.judge.rules.coverage_path import rule as coverage_path
from gate.judge.shortfalls import number
from gate.model import Evidence, FileCoverage, Finding, Problem, Ratio, SuiteRun, TestOutcome
from gate.policy.model import Policy

Rule = Callable[[Policy, Evidence, date], Iterator[Finding]]


def findings(rule: Rule, evidence: Evidence, policy: str = "") -> list[Finding]:
    return list(rule(make_policy(policy), evidence, TODAY))


def covered(path: str, percent: int) -> FileCoverage:
    return make_file_coverage(path, 100, range(1, 101 - percent))


def test_79_96_is_not_80() -> None:
    for covered_lines, said in ((1999, [79.96]), (2000, [])):
        file = make_file_coverage(line=Ratio(covered_lines, 2500))
        told = findings(coverage_line, make_evidence(files=[file]))
        assert [finding.measured for finding in told] == said


def test_the_file_that_lacks_most_lines_is_named_first_however_large_it_is() -> None:
    small = make_file_coverage("a.py", 5, range(1, 5))
    (finding,) = findings(coverage_line, make_evidence(files=[small, covered("b.py", 70)]))
    assert finding.message.endswith("most is missing in b.py 70 %, a.py 20 %")


def test_a_shortfall_names_what_is_measured_and_required_and_the_files_that_lack_most() -> None:
    files = [covered("a.py", 90), covered("b.py", 10), covered("c.py", 40), covered("d.py", 60)]
    (finding,) = findings(coverage_line, make_evidence(files=files))
    assert finding.message == (
        "line coverage is 50 %, 80 % is required (200 of 400); "
        "most is missing in b.py 10 %, c.py 40 %, d.py 60 %"
    )
    assert (finding.measured, finding.required, finding.forces) == (50.0, 80.0, "fail")


def test_branches_are_compared_on_their_own() -> None:
    file = make_file_coverage(branch=Ratio(8, 10))
    assert findings(coverage_line, make_evidence(files=[file])) == []
    (finding,) = findings(coverage_branch, make_evidence(files=[file]))
    assert (finding.rule, finding.measured, finding.required) == ("coverage.branch", 80.0, 90.0)


def test_code_without_a_branch_meets_every_branch_threshold() -> None:
    file = make_file_coverage(branch=Ratio(0, 0))
    assert findings(coverage_branch, make_evidence(files=[file]), "coverage.branch = 100") == []


def test_each_unreached_function_is_named_up_to_twenty() -> None:
    lonely = [make_function(f"f{n:02}", line=n) for n in range(1, 24)]
    file = make_file_coverage(missing_functions=lonely, function=Ratio(7, 30))
    total, *named, rest = findings(coverage_function, make_evidence(files=[file]))
    assert (total.measured, total.required) == (23.33, 100.0)
    assert [finding.line for finding in named] == list(range(1, 21))
    assert named[0].message == "no passing test reaches f01"
    assert rest.message == "no passing test reaches 3 more public functions"
    assert {finding.forces for finding in (total, *named, rest)} == {"fail"}


def test_a_function_that_runs_at_import_only_is_told_as_such() -> None:
    lonely = [replace(make_function("register"), at_import=True)]
    file = make_file_coverage(missing_functions=lonely)
    _, named = findings(coverage_function, make_evidence(files=[file]))
    assert named.message == "no passing test reaches register, which runs at import only"


def test_twenty_unreached_functions_need_no_summary() -> None:
    lonely = [make_function(f"f{n:02}", line=n) for n in range(1, 21)]
    file = make_file_coverage(missing_functions=lonely, function=Ratio(0, 20))
    assert len(findings(coverage_function, make_evidence(files=[file]))) == 21


def test_unreached_functions_are_no_finding_where_enough_are_reached() -> None:
    file = make_file_coverage(missing_functions=[make_function()])
    assert findings(coverage_function, make_evidence(files=[file]), "coverage.function = 90") == []


LOST = Problem("share 1", "lost")
PARTLY = "some of it could not be measured"
HUNG = make_outcome("t.py::b", "timeout")
DEAD = make_outcome("t.py::c", "crashed")
UNCOLLECTED_TOO = make_outcome("u.py", "error", cause=make_cause("SyntaxError", "collection"))
UNCOLLECTED = make_outcome("t.py", "error", cause=make_cause("ImportError", "collection"))


@pytest.mark.parametrize(
    ("suite", "more", "why"),
    [
        (make_suite(), {"problems": [LOST]}, PARTLY),
        (make_suite(problems=(LOST,)), {}, PARTLY),
        (make_suite(make_outcome(), HUNG), {}, "1 test did not come to the end"),
        (make_suite(make_outcome(), HUNG, DEAD), {}, "2 tests did not come to the end"),
        (make_suite(make_outcome(), UNCOLLECTED), {}, "1 test file could not be collected"),
        (
            make_suite(UNCOLLECTED, UNCOLLECTED_TOO),
            {},
            "2 test files could not be collected",
        ),
        (make_suite(make_outcome(outcome="skipped")), {}, "no test passed"),
        (
            make_suite(),
            {"changed_files": [make_file_coverage("b.py", 0, unreadable="NUL")]},
            PARTLY,
        ),
    ],
    ids=[
        "torn",
        "lost share",
        "timeout",
        "crash",
        "uncollected",
        "all uncollected",
        "nothing passed",
        "unreadable",
    ],
)
def test_what_could_not_be_measured_makes_a_shortfall_inconclusive(
    suite: SuiteRun, more: dict[str, Any], why: str
) -> None:
    (finding,) = findings(coverage_line, make_evidence(suite, [covered("a.py", 10)], **more))
    assert finding.forces == "inconclusive"
    assert finding.message == (
        f"line coverage is at least 10 %, 80 % is required (10 of 100); {why}, so it may be higher"
    )


@pytest.mark.parametrize("red", [make_outcome("t::b", "failed"), make_outcome("t::b", "error")])
def test_a_test_that_failed_was_measured_to_its_end(red: TestOutcome) -> None:
    evidence = make_evidence(make_suite(make_outcome(), red), [covered("a.py", 10)])
    assert findings(coverage_line, evidence)[0].forces == "fail"


STRICT = '[[path]]\nmatch = "core/*.py"\ncoverage.line = 95\n'
LOOSE = '[[path]]\nmatch = "old/*.py"\ncoverage.line = 20\n'


def test_a_stricter_path_rule_is_asked_besides_the_total() -> None:
    evidence = make_evidence(files=[covered("core/a.py", 94), covered("b.py", 66)])
    assert findings(coverage_line, evidence, STRICT) == []
    (finding,) = findings(coverage_path, evidence, STRICT)
    assert finding.message.startswith('line coverage of "core/*.py" is 94 %, 95 % is required')
    assert (finding.rule, finding.forces) == ("coverage.path", "fail")


def test_a_looser_path_rule_takes_its_files_out_of_the_total() -> None:
    evidence = make_evidence(files=[covered("old/a.py", 20), covered("b.py", 80)])
    assert findings(coverage_line, evidence, LOOSE) == []
    assert findings(coverage_path, evidence, LOOSE) == []
    (finding,) = findings(coverage_line, evidence)
    assert finding.measured == 50.0


def test_a_looser_path_rule_is_a_rule() -> None:
    evidence = make_evidence(files=[covered("old/a.py", 19), covered("b.py", 79)])
    assert findings(coverage_path, evidence, LOOSE)[0].measured == 19.0
    (rest,) = findings(coverage_line, evidence, LOOSE)
    assert rest.message.startswith("line coverage outside the looser [[path]] rules is 79 %")


def test_the_last_path_rule_that_sets_a_kind_decides() -> None:
    policy = '[[path]]\nmatch = "core/**"\ncoverage.line = 50\n' + STRICT
    evidence = make_evidence(files=[covered("core/a.py", 60), covered("core/deep/b.py", 55)])
    (finding,) = findings(coverage_path, evidence, policy)
    assert '"core/*.py" is 60 %' in finding.message


def test_files_of_a_path_rule_are_compared_together() -> None:
    files = [covered("core/a.py", 92), covered("core/b.py", 98)]
    assert findings(coverage_path, make_evidence(files=files), STRICT) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(100.0, "100"), (79.96, "79.96"), (82.4, "82.4"), (0.0, "0"), (None, "-"), (Decimal("9E+1"), "90")],
)  # fmt: skip
def test_a_percentage_has_no_needless_zero(value: float | Decimal | None, text: str) -> None:
    assert number(value) == text
