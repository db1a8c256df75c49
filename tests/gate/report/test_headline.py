from __future__ import annotations

from typing import Any

import pytest
from builders import (
    make_cause,
    make_change,
    make_evidence,
    make_file_coverage,
    make_mutant,
    make_mutation,
    make_outcome,
    make_policy,
    make_result,
    make_suite,
)
from samples import hostile_run, make_finding_entry, make_results, make_results_with

from gate.model import Evidence, NotJudged, Problem, Status, SuiteRun
from gate.report.headline import verdict_line

STATUSES: tuple[Status, ...] = ("Killed", "Survived", "NoCoverage", "Pending")
CORE = '[source]\ninclude = ["pkg"]\n[mutation]\ncore = ["pkg/a.py"]\n'
WITHOUT = (NotJudged("mutation", "--no-mutation"), NotJudged("lost kills", "--no-mutation"))


def line(evidence: Evidence, policy: str = CORE) -> str:
    return verdict_line(make_results(make_policy(policy), evidence))


def red(count: int, group: str, text: str = "", kind: Any = "test") -> list[Any]:
    cause = make_cause(group, kind)
    return [
        make_outcome(f"t::{group}{n}", "failed", cause=cause, message=text) for n in range(count)
    ]


def test_a_pass_tells_its_figures() -> None:
    suite = make_suite(*(make_outcome(f"t::{n}") for n in range(1277)))
    mutation = make_mutation(*["Killed"] * 5, "Survived")
    evidence = make_evidence(suite, [make_file_coverage(lines=300, missing_lines=[7])])
    assert line(evidence, "") == "PASS: 1,277 tests, 99.66 % lines"
    evidence = make_evidence(suite, mutation=mutation)
    assert line(evidence) == "PASS: 1,277 tests, 100 % lines, 83.33 % of 6 mutants detected"


def test_a_pass_of_a_change_tells_what_of_it_was_checked() -> None:
    mutation = make_mutation("Killed", changed=True)
    changed_files = [make_file_coverage(lines=8)]
    evidence = make_evidence(changed=make_change(), changed_files=changed_files, mutation=mutation)
    assert line(evidence) == (
        "PASS: 1 test, 100 % lines, 100 % of 8 changed lines, "
        "100 % of 1 mutant in the change detected"
    )
    evidence = make_evidence(
        changed=make_change(), changed_files=[], mutation=make_mutation(changed=True)
    )
    assert line(evidence) == (
        "PASS: 1 test, 100 % lines, no changed line to measure, no mutants in the change"
    )


def test_a_verdict_names_what_the_command_line_left_out() -> None:
    assert line(make_evidence(not_judged=WITHOUT[:1])) == (
        "PASS (mutation not judged: --no-mutation): 1 test, 100 % lines"
    )
    assert line(make_evidence(not_judged=WITHOUT)) == (
        "PASS (mutation and lost kills not judged: --no-mutation): 1 test, 100 % lines"
    )
    failing = make_evidence(make_suite(*red(1, "boom")), not_judged=WITHOUT[:1])
    assert line(failing).startswith(
        "FAIL (mutation not judged: --no-mutation): 1 test failed: boom"
    )


def test_a_narrowed_run_names_the_files_that_it_did_not_look_at() -> None:
    narrowed = (NotJudged("files outside pkg/a.py", "PATHS"),)
    assert line(make_evidence(not_judged=narrowed), "").startswith(
        "PASS (files outside pkg/a.py not judged: PATHS): 1 test"
    )


@pytest.mark.parametrize(
    ("suite", "told"),
    [
        (SuiteRun(()), "INCONCLUSIVE: no tests were collected"),
        (make_suite(make_outcome(outcome="skipped")), "INCONCLUSIVE: no test passed: 1 skipped"),
        (
            make_suite(
                *red(13, "ModuleNotFoundError: No module named 'x'", kind="collection"),
                *red(2, "boom"),
            ),
            "FAIL: 13 test files could not be imported: No module named 'x' (2 more for other reasons)",
        ),
        (
            SuiteRun((make_outcome(),), problems=(Problem("share 1", "lost"),)),
            "INCONCLUSIVE: share 1: lost",
        ),
    ],
)
def test_the_cause_comes_first(suite: SuiteRun, told: str) -> None:
    assert line(make_evidence(suite), "") == told


def test_survivors_are_counted_with_what_is_measured_and_required() -> None:
    mutation = make_mutation(*["Killed"] * 4, "Survived", "Survived", changed=True)
    change = {"changed": make_change(), "changed_files": [make_file_coverage()]}
    assert line(make_evidence(mutation=mutation, **change)) == (
        "FAIL: 2 survivors in the change (66.66 %, 80 % required)"
    )
    mutants = [
        make_result(n, status, mutant=make_mutant(n)) for n, status in enumerate(STATUSES, 1)
    ]
    evidence = make_evidence(mutation=make_mutation(results=mutants))
    assert line(evidence) == (
        "FAIL: 1 survivor, 1 mutant not covered, 1 mutant unresolved in pkg/a.py "
        "(25 %, 70 % required)"
    )


def test_coverage_is_told_with_what_is_required_and_the_other_reasons_are_counted() -> None:
    missing = {"missing_lines": range(1, 41), "missing_branches": [(n, 0) for n in range(1, 26)]}
    files = [make_file_coverage(**missing)]  # type: ignore[arg-type]  # fields of it
    assert line(make_evidence(files=files), "") == (
        "FAIL: branch coverage is 50 %, 90 % required; 1 more reason"
    )
    change = {"changed": make_change(), "changed_files": files}
    assert line(make_evidence(**change), "") == (  # type: ignore[arg-type]  # fields of it
        "FAIL: coverage of changed branches is 50 %, 90 % required; 1 more reason"
    )


def test_text_from_the_code_is_one_harmless_line_of_some_length() -> None:
    told = verdict_line(hostile_run())
    assert told.isprintable()
    long = make_results_with(make_finding_entry(1, rule="x.y", message="m" * 5_000))
    assert len(verdict_line(long)) < 300
