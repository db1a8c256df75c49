from pathlib import Path

from builders import make_policy
from fake_supervisor import FAIL, PASS, Behaviour, FakeSupervisor

from gate.measure.recheck import look_again
from gate.measure.suite import Baseline, run_shares
from gate.model import OrderProbe

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


def kind(baseline: Baseline, index: int) -> str | None:
    cause = baseline.outcomes[index].cause
    return cause.kind if cause else None


def test_a_test_that_is_red_alone_too_keeps_its_cause(tmp_path: Path) -> None:
    baseline = explained(lambda item, before: FAIL if item == 2 else PASS, tmp_path)
    assert kind(baseline, 2) == "test"


def test_a_test_that_others_disturb_stays_red_and_is_named_so(tmp_path: Path) -> None:
    baseline = explained(lambda item, before: FAIL if item == 2 and 1 in before else PASS, tmp_path)
    assert baseline.outcomes[2].outcome == "failed"
    assert kind(baseline, 2) == "order"


def test_a_test_that_is_red_once_is_flaky_and_stays_red(tmp_path: Path) -> None:
    answers = iter([FAIL])
    baseline = explained(lambda item, before: next(answers, PASS) if item == 2 else PASS, tmp_path)
    assert baseline.outcomes[2].outcome == "failed"
    assert kind(baseline, 2) == "flaky"


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
    assert supervisor.jobs[-1].items == (3, 2, 1, 0)
    assert not supervisor.jobs[-1].measured


def test_slow_tests_are_left_out_and_the_probe_says_so(tmp_path: Path) -> None:
    from dataclasses import replace

    supervisor, baseline = run(lambda item, before: PASS, tmp_path)
    baseline.outcomes[1] = replace(baseline.outcomes[1], seconds=30.0)
    probe = look_again(supervisor, baseline, 1, lambda: None, probe=True)  # type: ignore[arg-type]
    assert (probe.probed, probe.total) == (3, 4)
    assert "slower tests" in probe.reason
