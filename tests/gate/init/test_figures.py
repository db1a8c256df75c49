from __future__ import annotations

from dataclasses import replace

import pytest
from builders import make_evidence, make_file_coverage, make_mutation, make_outcome, make_suite

from gate.init.figures import goals, measured
from gate.init.trial import Trial
from gate.model import OrderProbe, Ratio
from gate.policy.model import built_in_policy

RULES = built_in_policy()


def trial_of(line: Ratio, slowest: float = 0.2, *statuses: str) -> Trial:
    file = make_file_coverage(line=line, branch=Ratio(90, 100), function=Ratio(0, 0))
    suite = make_suite(make_outcome(seconds=slowest))
    mutation = make_mutation(*statuses) if statuses else None  # type: ignore[arg-type]
    return Trial(make_evidence(suite, [file], mutation=mutation))


def test_without_a_run_the_goals_of_the_gate_are_asked() -> None:
    figures = goals(RULES)
    assert {kind: each.value for kind, each in figures.coverage.items()} == {
        "line": "80",
        "branch": "90",
        "function": "100",
    }
    assert (figures.score.value, figures.timeout.value, figures.raises) == ("70", "60s", ())


@pytest.mark.parametrize(
    ("line", "asked", "said"),
    [
        (Ratio(7996, 10000), "79", "79.96 today; the goal is 80"),
        (Ratio(80, 100), "80", "80 today"),
        (Ratio(100, 100), "80", "100 today"),
        (Ratio(0, 100), "0", "0 today; the goal is 80"),
    ],
)
def test_a_figure_is_what_is_reached_today_rounded_down_and_never_above_the_goal(
    line: Ratio, asked: str, said: str
) -> None:
    figures = measured(RULES, trial_of(line), [])
    assert (figures.coverage["line"].value, figures.coverage["line"].why) == (asked, said)
    assert bool(figures.raises) is ("goal" in said)
    # Nothing to cover is nothing to lower.
    assert figures.coverage["function"].value == "100"


@pytest.mark.parametrize(
    ("slowest", "limit"), [(0.2, "60s"), (6.0, "60s"), (6.1, "2m"), (11.3, "2m"), (119.0, "20m")]
)
def test_a_test_may_take_ten_times_as_long_as_the_slowest_one(slowest: float, limit: str) -> None:
    assert measured(RULES, trial_of(Ratio(1, 1), slowest), []).timeout.value == limit


def test_the_score_is_what_the_worst_file_of_the_core_reaches() -> None:
    found = trial_of(Ratio(1, 1), 0.2, "Killed", "Survived", "Survived")
    path = found.evidence.mutation.results[0].mutant.path  # type: ignore[union-attr]
    figures = measured(RULES, found, [path])
    assert figures.score.value == "33"
    assert "the goal is 70" in figures.score.why
    assert any("mutation score" in line for line in figures.raises)
    high = measured(RULES, trial_of(Ratio(1, 1), 0.2, "Killed"), [path])
    assert (high.score.value, high.raises) == ("70", ())


def test_a_score_that_is_not_known_asks_nothing_and_says_so() -> None:
    figures = measured(RULES, trial_of(Ratio(1, 1)), ["pkg/a.py"])
    assert figures.score.value == "0"
    assert figures.score.why == "no mutant was tried yet; the goal is 70"
    assert any("mutation score" in line for line in figures.raises)


def test_a_suite_without_a_passing_test_says_nothing_of_coverage() -> None:
    suite = make_suite(make_outcome(outcome="failed"))
    figures = measured(RULES, Trial(make_evidence(suite)), [])
    assert figures.coverage["line"].value == "80"


@pytest.mark.parametrize(("count", "said"), [(1, "1 test passes"), (3, "3 tests pass")])
def test_tests_that_pass_only_after_others_are_counted_and_to_be_mended(
    count: int, said: str
) -> None:
    trial = trial_of(Ratio(1, 1))
    order = OrderProbe(dependent=tuple(f"t::{n}" for n in range(count)))
    suite = replace(trial.evidence.suite, order=order)
    figures = measured(RULES, Trial(replace(trial.evidence, suite=suite)), [])
    assert figures.leaning == count
    assert figures.raises[-1].startswith(f"{said} only after others, so tests.order is off")
