from __future__ import annotations

from pathlib import Path

import pytest
from builders import make_policy
from fake_supervisor import FAIL, PASS, SLOW, TRACED_ONLY, Behaviour, FakeSupervisor

from gate.measure.overdue import Overdue
from gate.measure.suite import Baseline, run_shares
from gate.model import Problem, TestOutcome
from gate.supervise.jobs import Ended, Job

TESTS = [f"tests/test_a.py::test_{number}" for number in range(6)]


def run(
    behave: Behaviour, tmp_path: Path, width: int = 1
) -> tuple[FakeSupervisor, Baseline, list[TestOutcome]]:
    supervisor, reported = FakeSupervisor(TESTS, behave, tmp_path), list[TestOutcome]()
    known = supervisor.collect(), make_policy()
    baseline = run_shares(supervisor, *known, width, reported.append)  # type: ignore[arg-type]
    return supervisor, baseline, reported


def again(supervisor: FakeSupervisor) -> list[Job]:
    """The jobs of what was run again."""
    return [job for job in supervisor.jobs if job.name.startswith(("alone", "slow"))]


def test_what_only_the_tracer_makes_slow_is_measured_again_with_time_for_it(tmp_path: Path) -> None:
    supervisor, baseline, reported = run(
        lambda item, before: TRACED_ONLY if item == 2 else PASS, tmp_path
    )
    assert [baseline.outcomes[index].outcome for index in range(6)] == ["passed"] * 6
    assert baseline.problems == []
    # It took 0.01 s alone, and the limit of a test is 2 s.
    slow = Job("slow 2", (2,), measured=True, limits={2: 2.2})
    assert again(supervisor) == [Job("alone 2", (2,)), slow]
    assert tmp_path / "data of slow 2" in baseline.parts
    # It counts once for those who watch.
    assert sorted(outcome.test for outcome in reported) == TESTS


def test_what_does_not_end_under_the_tracer_is_green_with_a_hole_in_the_evidence(
    tmp_path: Path,
) -> None:
    answers = iter([SLOW, PASS, SLOW])
    _, baseline, reported = run(lambda item, before: next(answers) if item == 2 else PASS, tmp_path)
    assert baseline.outcomes[2].outcome == "passed"
    assert baseline.problems == [
        Problem(
            TESTS[2],
            "slow under measurement: it ends in 0.0 s without coverage, and had not ended after 2.0 s of "
            "processor time with it; what it covers is missing: raise [tests] timeout",
        )
    ]
    assert len(reported) == 6


@pytest.mark.parametrize(
    ("alone", "outcome", "message"),
    [
        (SLOW, "timeout", "it ended by timeout"),
        ("timeout", "timeout", "it ended by timeout"),
        ("crash", "crashed", "it ended by crash"),
        (FAIL, "failed", "ValueError: no"),
    ],
)
def test_what_is_red_without_the_tracer_too_is_red_as_it_is_there(
    tmp_path: Path, alone: str, outcome: str, message: str
) -> None:
    answers = iter([SLOW, alone])
    supervisor, baseline, _ = run(
        lambda item, before: next(answers) if item == 2 else PASS, tmp_path
    )
    found = baseline.outcomes[2]
    assert (found.outcome, found.message) == (outcome, message)
    assert [job.measured for job in again(supervisor)] == [False]
    assert baseline.problems == []


def test_what_waited_until_its_time_was_up_hangs_and_costs_its_limit_once(tmp_path: Path) -> None:
    supervisor, baseline, _ = run(lambda item, before: "timeout" if item == 2 else PASS, tmp_path)
    assert baseline.outcomes[2].outcome == "timeout"
    assert again(supervisor) == []


@pytest.mark.parametrize(("width", "looks"), [(1, 2), (2, 2), (3, 3)])
def test_of_many_that_hang_few_are_run_again(tmp_path: Path, width: int, looks: int) -> None:
    supervisor, baseline, _ = run(lambda item, before: SLOW, tmp_path, width)
    assert [baseline.outcomes[index].outcome for index in range(6)] == ["timeout"] * 6
    assert len(again(supervisor)) == looks
    assert baseline.problems == []


@pytest.mark.parametrize(
    ("computed", "measured", "ending", "doubts"),
    [
        (1.0, True, "timeout", True),
        (0.9, True, "timeout", False),
        (9.0, False, "timeout", False),
        (9.0, True, "memory", False),
    ],
)
def test_a_measured_test_that_computed_a_tenth_of_its_time_is_in_doubt(
    computed: float, measured: bool, ending: str, doubts: bool
) -> None:
    job = Job("share 0", (0,), measured=measured)
    ended = Ended(job, ending, "", 0, 10.0, "", None, computed=computed)  # type: ignore[arg-type]
    overdue = Overdue(())
    assert overdue.doubts(0, ended) is doubts
    assert (0 in overdue.ended) is doubts
