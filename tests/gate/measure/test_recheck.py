from dataclasses import replace
from pathlib import Path

import pytest
from builders import make_cause, make_policy
from fake_supervisor import FAIL, PASS, Behaviour, FakeSupervisor

from gate.measure.recheck import look_again
from gate.measure.suite import Baseline, run_shares
from gate.model import Cause, OrderProbe, Outcome
from gate.supervise.jobs import Job

TESTS = [f"tests/test_a.py::test_{number}" for number in range(4)]


def run(behave: Behaviour, tmp_path: Path) -> tuple[FakeSupervisor, Baseline]:
    supervisor = FakeSupervisor(TESTS, behave, tmp_path)
    baseline = run_shares(supervisor, supervisor.collect(), make_policy(), 1, lambda _: None)  # type: ignore[arg-type]
    return supervisor, baseline


def explained(behave: Behaviour, tmp_path: Path) -> Baseline:
    supervisor, baseline = run(behave, tmp_path)
    look_again(supervisor, baseline, 1, lambda: None, probe=False)  # type: ignore[arg-type]
    return baseline


def probed(behave: Behaviour, tmp_path: Path) -> OrderProbe:
    supervisor, baseline = run(behave, tmp_path)
    return look_again(supervisor, baseline, 1, lambda: None, probe=True)  # type: ignore[arg-type]


def test_a_test_that_is_red_alone_too_keeps_its_cause(tmp_path: Path) -> None:
    baseline = explained(lambda item, before: FAIL if item == 2 else PASS, tmp_path)
    assert baseline.outcomes[2].cause == Cause("test", "ValueError: no")


def test_a_test_that_others_disturb_stays_red_and_is_named_so(tmp_path: Path) -> None:
    supervisor, baseline = run(
        lambda item, before: FAIL if item == 2 and 1 in before else PASS, tmp_path
    )
    look_again(supervisor, baseline, 1, lambda: None, probe=False)  # type: ignore[arg-type]
    assert baseline.outcomes[2].outcome == "failed"
    assert baseline.outcomes[2].cause == Cause("order", "red after other tests, green alone")
    assert supervisor.jobs[1:] == [
        Job("recheck 2 of 1", (2,)),
        Job("recheck 2 of 3", (0, 1, 2)),
    ]


def test_a_test_that_is_red_once_is_flaky_and_stays_red(tmp_path: Path) -> None:
    answers = iter([FAIL])
    baseline = explained(lambda item, before: next(answers, PASS) if item == 2 else PASS, tmp_path)
    assert baseline.outcomes[2].outcome == "failed"
    assert baseline.outcomes[2].cause == Cause("flaky", "red once, green when run again")


@pytest.mark.parametrize(("fresh", "rechecked"), [(False, [(1,), (3,)]), (True, [(1,)])])
def test_the_quickest_test_of_each_cause_is_run_again_and_one_alone_where_that_is_dear(
    tmp_path: Path, fresh: bool, rechecked: list[tuple[int, ...]]
) -> None:
    supervisor, baseline = run(lambda item, before: FAIL, tmp_path)
    supervisor.fresh = fresh
    causes = ("a", 0.3), ("a", 0.1), ("a", 0.1), ("b", 0.2)
    for index, (group, seconds) in enumerate(causes):
        baseline.outcomes[index] = replace(
            baseline.outcomes[index], cause=make_cause(group), seconds=seconds
        )
    look_again(supervisor, baseline, 1, lambda: None, probe=False)  # type: ignore[arg-type]
    assert [job.items for job in supervisor.jobs[1:]] == rechecked


@pytest.mark.parametrize(
    ("outcome", "rechecked"), [("failed", 1), ("error", 1), ("crashed", 0), ("timeout", 0)]
)
def test_only_tests_that_came_to_their_end_are_run_again(
    tmp_path: Path, outcome: Outcome, rechecked: int
) -> None:
    supervisor, baseline = run(lambda item, before: FAIL if item == 2 else PASS, tmp_path)
    baseline.outcomes[2] = replace(baseline.outcomes[2], outcome=outcome)
    look_again(supervisor, baseline, 1, lambda: None, probe=False)  # type: ignore[arg-type]
    assert len(supervisor.jobs[1:]) == rechecked


def test_without_the_probe_the_run_says_why(tmp_path: Path) -> None:
    supervisor, baseline = run(lambda item, before: PASS, tmp_path)
    probe = look_again(supervisor, baseline, 1, lambda: None, probe=False)  # type: ignore[arg-type]
    assert probe == OrderProbe(0, 4, (), "the policy says tests.order = off")


def test_a_test_that_needs_another_before_it_is_found(tmp_path: Path) -> None:
    probe = probed(lambda item, before: PASS if item != 3 or 0 in before else FAIL, tmp_path)
    assert probe == OrderProbe(4, 4, (TESTS[3],))


def test_a_test_that_only_another_order_disturbs_is_no_finding(tmp_path: Path) -> None:
    probe = probed(lambda item, before: FAIL if item == 0 and 3 in before else PASS, tmp_path)
    assert probe == OrderProbe(4, 4, ())


def test_a_test_that_crashes_alone_is_found(tmp_path: Path) -> None:
    probe = probed(
        lambda item, before: "crash" if item == 1 and 0 not in before else PASS, tmp_path
    )
    assert probe.dependent == (TESTS[1],)
    assert probe.probed == 3
    assert probe.total == 4


def test_the_probe_runs_backwards_and_without_coverage(tmp_path: Path) -> None:
    supervisor, baseline = run(lambda item, before: PASS, tmp_path)
    look_again(supervisor, baseline, 1, lambda: None, probe=True)  # type: ignore[arg-type]
    assert supervisor.jobs[1:] == [Job("recheck 0 of 4", (3, 2, 1, 0), measured=False)]


@pytest.mark.parametrize(
    ("seconds", "probed"),
    [
        ((0.25, 0.5, 0.5, 0.25), (3, 1, 0)),
        ((0.25, 0.75, 0.25, 0.5), (3, 2, 0)),
        ((2.0, 94.0, 2.0, 2.0), (2, 0)),
        ((2.0, 30.0, 0.5, 0.25), (3, 2)),
    ],
)
def test_the_slower_tests_are_left_out_past_a_second_and_a_25th_of_the_suite(
    tmp_path: Path, seconds: tuple[float, ...], probed: tuple[int, ...]
) -> None:
    supervisor, baseline = run(lambda item, before: PASS, tmp_path)
    for index, each in enumerate(seconds):
        baseline.outcomes[index] = replace(baseline.outcomes[index], seconds=each)
    probe = look_again(supervisor, baseline, 1, lambda: None, probe=True)  # type: ignore[arg-type]
    assert [job.items for job in supervisor.jobs[1:]] == [probed]
    reason = "the slower tests would cost more than a small part of the suite"
    assert probe == OrderProbe(len(probed), 4, (), reason)


def test_a_test_that_needs_an_earlier_share_is_green_as_in_plain_pytest(tmp_path: Path) -> None:
    tests = [
        "tests/test_a.py::test_sets",
        "tests/test_b.py::test_needs",
        "tests/test_b.py::test_red",
    ]

    def behave(item: int, before: tuple[int, ...]) -> str:
        return FAIL if item == 2 or (item == 1 and 0 not in before) else PASS

    supervisor = FakeSupervisor(tests, behave, tmp_path)
    baseline = run_shares(supervisor, supervisor.collect(), make_policy(), 1, lambda _: None)  # type: ignore[arg-type]
    assert [baseline.outcomes[n].outcome for n in range(3)] == ["passed", "failed", "failed"]
    order = look_again(supervisor, baseline, 1, lambda: None, probe=True)  # type: ignore[arg-type]
    assert [baseline.outcomes[n].outcome for n in range(3)] == ["passed", "passed", "failed"]
    said = Cause("order", "green after the tests before it, red without them")
    assert baseline.outcomes[1].cause == said
    assert order.dependent == ("tests/test_b.py::test_needs",)
    assert Job("the whole suite", (0, 1, 2), finish=True, apart=True) in supervisor.jobs


def test_a_slow_test_that_is_red_once_does_not_lean_on_an_earlier_share(tmp_path: Path) -> None:
    """It costs too much to be run again at first, and is green with all tests and alone."""
    tests = ["tests/test_a.py::test_sets", "tests/test_b.py::test_times"]
    answers = iter([FAIL])
    behave = lambda item, before: next(answers, PASS) if item == 1 else PASS  # noqa: E731
    supervisor = FakeSupervisor(tests, behave, tmp_path)
    baseline = run_shares(supervisor, supervisor.collect(), make_policy(), 1, lambda _: None)  # type: ignore[arg-type]
    baseline.outcomes[1] = replace(baseline.outcomes[1], seconds=9.0)
    order = look_again(supervisor, baseline, 1, lambda: None, probe=True)  # type: ignore[arg-type]
    assert order.dependent == ()
    assert baseline.outcomes[1].outcome == "failed"
    assert baseline.outcomes[1].cause == Cause("flaky", "red once, green when run again")


@pytest.mark.parametrize("ending", ["timeout", "crash"])
def test_what_ended_its_worker_is_not_run_again_with_all_tests(tmp_path: Path, ending: str) -> None:
    tests = [f"tests/test_{file}.py::test" for file in "abc"]

    def behave(item: int, before: tuple[int, ...]) -> str:
        return ending if item == 1 else FAIL if item == 2 and 0 not in before else PASS

    supervisor = FakeSupervisor(tests, behave, tmp_path)
    baseline = run_shares(supervisor, supervisor.collect(), make_policy(), 1, lambda _: None)  # type: ignore[arg-type]
    look_again(supervisor, baseline, 1, lambda: None, probe=True)  # type: ignore[arg-type]
    (whole,) = (job for job in supervisor.jobs if job.apart)
    assert whole.items == (0, 2)


def disturbed(item: int, before: tuple[int, ...]) -> str:
    return FAIL if item == 2 and 1 in before else PASS


@pytest.mark.parametrize("kind", ["flaky", "order"])
def test_what_is_known_to_be_flaky_or_disturbed_is_not_run_with_all_tests(
    tmp_path: Path, kind: str
) -> None:
    tests = ["tests/test_a.py::test", "tests/test_b.py::test_1", "tests/test_b.py::test_2"]
    answers = iter([FAIL])
    flaky = lambda item, before: next(answers, PASS) if item == 2 else PASS  # noqa: E731
    supervisor = FakeSupervisor(tests, flaky if kind == "flaky" else disturbed, tmp_path)
    baseline = run_shares(supervisor, supervisor.collect(), make_policy(), 1, lambda _: None)  # type: ignore[arg-type]
    look_again(supervisor, baseline, 1, lambda: None, probe=True)  # type: ignore[arg-type]
    assert baseline.outcomes[2].cause is not None
    assert baseline.outcomes[2].cause.kind == kind
    assert not any(job.apart for job in supervisor.jobs)


def test_without_the_probe_a_test_that_needs_an_earlier_share_is_only_green(tmp_path: Path) -> None:
    tests = ["tests/test_a.py::test_sets", "tests/test_b.py::test_needs"]
    behave = lambda item, before: FAIL if item == 1 and 0 not in before else PASS  # noqa: E731
    supervisor = FakeSupervisor(tests, behave, tmp_path)
    baseline = run_shares(supervisor, supervisor.collect(), make_policy(), 1, lambda _: None)  # type: ignore[arg-type]
    order = look_again(supervisor, baseline, 1, lambda: None, probe=False)  # type: ignore[arg-type]
    assert baseline.outcomes[1].outcome == "passed"
    assert order.dependent == ()


@pytest.mark.parametrize(("leaning", "who"), [(1, "1 test passes"), (2, "2 tests pass")])
def test_without_the_probe_the_run_says_what_does_not_count_of_tests_that_need_an_earlier_share(
    tmp_path: Path, leaning: int, who: str
) -> None:
    tests = ["tests/test_a.py::test_sets", *(f"tests/test_b.py::test_{n}" for n in range(leaning))]
    behave = lambda item, before: FAIL if item and 0 not in before else PASS  # noqa: E731
    supervisor = FakeSupervisor(tests, behave, tmp_path)
    baseline = run_shares(supervisor, supervisor.collect(), make_policy(), 1, lambda _: None)  # type: ignore[arg-type]
    order = look_again(supervisor, baseline, 1, lambda: None, probe=False)  # type: ignore[arg-type]
    assert order.reason == (
        f"the policy says tests.order = off; {who} only after others, and what is run and noticed "
        "only then does not count"
    )


def test_the_whole_suite_is_not_run_for_what_stands_in_the_first_share(tmp_path: Path) -> None:
    supervisor, baseline = run(lambda item, before: FAIL if item == 2 else PASS, tmp_path)
    look_again(supervisor, baseline, 1, lambda: None, probe=True)  # type: ignore[arg-type]
    assert not any(job.finish and not job.measured for job in supervisor.jobs)
