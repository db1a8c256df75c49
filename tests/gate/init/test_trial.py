from __future__ import annotations

from dataclasses import replace

import pytest
from builders import make_cause, make_evidence, make_mutation, make_outcome, make_suite

from gate.init.trial import Sample, Trial
from gate.mutate.stage import BUDGET


@pytest.mark.parametrize(
    ("sample", "score"),
    [
        (Sample(valid=10, reached=9, tried=9, detected=6), 60),
        (Sample(valid=3, reached=3, tried=3, detected=2), 66),
        (Sample(valid=0, reached=0, tried=0, detected=0), 0),
        (Sample(valid=5, reached=5, tried=0, detected=0), 0),
    ],
)
def test_a_score_of_all_mutants_is_what_was_detected_of_them(sample: Sample, score: int) -> None:
    assert sample.least_score() == score


@pytest.mark.parametrize("detected", [0, 5, 10])
def test_a_score_of_a_sample_is_below_what_the_sample_says(detected: int) -> None:
    sample = Sample(valid=100, reached=100, tried=10, detected=detected)
    assert 0 <= sample.least_score() <= max(0, 10 * detected - 5)
    larger = Sample(valid=100, reached=100, tried=90, detected=9 * detected)
    assert sample.least_score() <= larger.least_score()


def test_mutants_that_no_test_runs_count_in_a_sample_too() -> None:
    whole = Sample(valid=100, reached=100, tried=50, detected=50)
    half = Sample(valid=100, reached=50, tried=25, detected=25)
    assert half.least_score() < whole.least_score() / 2 + 1


def test_a_mutant_that_the_budget_left_out_is_reached_and_not_tried() -> None:
    mutation = make_mutation("Killed", "Survived", "NoCoverage", "Pending", "Pending", "Ignored")
    left, unclear = mutation.results[3:5]
    results = (
        *mutation.results[:3],
        replace(left, reason=BUDGET),
        replace(unclear, reason="its test is flaky"),
        mutation.results[5],
    )
    found = Trial(make_evidence(mutation=replace(mutation, results=results)))
    path = left.mutant.path
    assert found.sample(path) == Sample(valid=5, reached=4, tried=3, detected=1)
    assert found.share_run([path, "pkg/other.py"]) == {path: 80, "pkg/other.py": 0}
    narrowed = found.narrowed([path]).mutation
    assert narrowed is not None
    assert [each.status for each in narrowed.results] == [
        "Killed",
        "Survived",
        "NoCoverage",
        "Pending",
        "Ignored",
    ]
    nothing = found.narrowed(["pkg/other.py"]).mutation
    assert nothing is not None
    assert nothing.results == ()


def test_the_slowest_test_is_one_that_ended() -> None:
    suite = make_suite(
        make_outcome("tests/a.py::hung", "timeout", seconds=120.0),
        make_outcome("tests/a.py::slow", seconds=11.3),
        make_outcome("tests/a.py::quick"),
    )
    found = Trial(make_evidence(suite))
    slowest = found.slowest()
    assert slowest is not None
    assert slowest.test == "tests/a.py::slow"
    assert [each.test for each in found.red()] == ["tests/a.py::hung"]


def test_files_that_cannot_be_collected_are_named_once() -> None:
    broken = make_outcome("docs/a.py", "error", cause=make_cause("x", "collection"))
    red = make_outcome("tests/b.py::test", "failed", cause=make_cause())
    found = Trial(make_evidence(make_suite(broken, broken, red)))
    assert found.uncollected() == ("docs/a.py",)
