from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from builders import make_outcome, make_policy
from fake_supervisor import FAIL, PASS, Behaviour, FakeSupervisor

from gate.measure.suite import Baseline, run_shares
from gate.model import TestOutcome
from gate.supervise.zygote import Collected, Item

Run = Callable[..., tuple[FakeSupervisor, Baseline]]
TESTS = [f"tests/test_{file}.py::test_{number}" for file in "abc" for number in range(3)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(
        behave: Behaviour, tests: list[str] = TESTS, policy: str = "", width: int = 2
    ) -> tuple[FakeSupervisor, Baseline]:
        supervisor = FakeSupervisor(tests, behave, tmp_path)
        baseline = run_shares(
            supervisor,  # type: ignore[arg-type]
            supervisor.collect(),
            make_policy(policy),
            width,
            lambda _: None,
        )
        return supervisor, baseline

    return run


def outcomes(baseline: Baseline) -> list[str]:
    return [baseline.outcomes[index].outcome for index in range(len(baseline.items))]


def test_every_test_runs_once_and_width_is_kept(run: Run) -> None:
    supervisor, baseline = run(lambda item, before: PASS)
    assert outcomes(baseline) == ["passed"] * 9
    assert sorted(item for job in supervisor.jobs for item in job.items) == list(range(9))
    assert supervisor.most_running == 2
    assert all(job.measured for job in supervisor.jobs)


@pytest.mark.parametrize(
    ("ending", "outcome"), [("timeout", "timeout"), ("crash", "crashed"), ("stopped", "crashed")]
)
def test_a_test_that_takes_its_worker_down_costs_itself_alone(
    run: Run, ending: str, outcome: str
) -> None:
    _, baseline = run(lambda item, before: ending if item == 4 else PASS)
    assert outcomes(baseline) == ["passed"] * 4 + [outcome] + ["passed"] * 4
    assert len(baseline.parts) == 4


def test_a_test_that_takes_the_zygote_down_is_found_by_running_the_suspects_alone(run: Run) -> None:
    supervisor, baseline = run(lambda item, before: "orphaned" if item == 4 else PASS)
    assert outcomes(baseline)[4] == "crashed"
    assert baseline.outcomes[4].message == "it takes the collecting process down"
    assert outcomes(baseline).count("passed") == 8
    assert [job.items for job in supervisor.jobs].count((4,)) == 1


def test_an_innocent_suspect_keeps_its_own_outcome(run: Run) -> None:
    lost = iter(["orphaned"])
    _, baseline = run(lambda item, before: next(lost, PASS) if item == 0 else PASS)
    assert outcomes(baseline) == ["passed"] * 9


def test_a_project_whose_every_test_kills_the_zygote_ends(run: Run) -> None:
    _, baseline = run(lambda item, before: "orphaned", tests=[f"t.py::t{n}" for n in range(40)])
    assert set(outcomes(baseline)) == {"crashed"}
    assert baseline.outcomes[39].message == "no worker reported it"


def test_a_test_that_replaced_the_tracer_is_a_hole_in_the_evidence(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    import fake_supervisor

    make_done = fake_supervisor.make_done
    monkeypatch.setattr(
        fake_supervisor,
        "make_done",
        lambda job, item, answer: replace(make_done(job, item, answer), traced=item != 2),
    )
    _, baseline = run(lambda item, before: PASS)
    assert [problem.subject for problem in baseline.problems] == [TESTS[2]]


def test_a_test_alone_takes_the_time_of_its_shared_fixtures_too() -> None:
    items = tuple(Item(f"t.py::t{n}", "t.py", 1, frozenset(), frozenset({n % 2})) for n in range(3))
    seconds = [0.1, 0.2, 2.1]
    baseline = Baseline(
        Collected(items, (), {}, (), {}, {}),
        outcomes={n: make_outcome(f"t.py::t{n}", seconds=each) for n, each in enumerate(seconds)},
        set_up={0: 2.0},
    )
    assert [baseline.seconds_alone(index) for index in range(3)] == [2.0, 0.2, 2.1]


EXCLUDED = """
[[tests.exclude]]
{rule}
reason = "it hangs"
owner = "core"
expires = 2027-03-31
"""


@pytest.mark.parametrize(
    ("rule", "excluded"),
    [
        ('test = "tests/test_a.py::test_[x]"', ["tests/test_a.py::test_[x]"]),
        ('test = "tests/test_a.py::*"', ["tests/test_a.py::test_[x]", "tests/test_a.py::test_2"]),
        ('marker = "slow"', ["tests/test_b.py::test_slow"]),
    ],
)
def test_excluded_tests_are_listed_with_their_reason_and_never_run(
    run: Run, rule: str, excluded: list[str]
) -> None:
    tests = ["tests/test_a.py::test_[x]", "tests/test_a.py::test_2", "tests/test_b.py::test_slow"]
    supervisor, baseline = run(lambda item, before: PASS, tests, EXCLUDED.format(rule=rule))
    assert [each.test for each in baseline.exclusions] == excluded
    assert {(each.reason, each.owner, each.expires) for each in baseline.exclusions} == {
        ("it hangs", "core", date(2027, 3, 31))
    }
    ran = {tests[item] for job in supervisor.jobs for item in job.items}
    assert ran == set(tests) - set(excluded)


def test_the_one_who_watches_hears_of_every_test(tmp_path: Path) -> None:
    heard: list[TestOutcome] = []
    supervisor = FakeSupervisor(TESTS, lambda item, before: FAIL if item else PASS, tmp_path)
    run_shares(supervisor, supervisor.collect(), make_policy(), 1, heard.append)  # type: ignore[arg-type]
    assert sorted(outcome.test for outcome in heard) == TESTS
    assert sum(outcome.outcome == "failed" for outcome in heard) == 8
