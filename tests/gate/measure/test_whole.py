from pathlib import Path

from builders import make_policy
from fake_supervisor import FAIL, PASS, FakeSupervisor

from gate.measure.suite import run_shares
from gate.measure.whole import run_whole

TESTS = [f"tests/test_{name}.py::test" for name in "abc"]


def test_tests_run_in_the_order_of_collection_in_a_process_of_their_own(tmp_path: Path) -> None:
    def behave(item: int, before: tuple[int, ...]) -> str:
        return FAIL if item == 2 and before != (0, 1) else PASS

    supervisor = FakeSupervisor(TESTS, behave, tmp_path)
    baseline = run_shares(supervisor, supervisor.collect(), make_policy(), 1, lambda _: None)  # type: ignore[arg-type]
    heard: list[None] = []
    whole = run_whole(supervisor, baseline, [2, 0, 1], lambda: heard.append(None))  # type: ignore[arg-type]
    assert [whole.outcomes[index].outcome for index in range(3)] == ["passed"] * 3
    assert len(heard) == 3
    assert whole.ended is not None
    assert whole.ended.job.apart
    assert not whole.ended.job.measured


def test_a_test_that_ends_the_process_is_the_last_with_an_outcome(tmp_path: Path) -> None:
    supervisor = FakeSupervisor(
        TESTS, lambda item, before: "crash" if item == 1 else PASS, tmp_path
    )
    baseline = run_shares(supervisor, supervisor.collect(), make_policy(), 1, lambda _: None)  # type: ignore[arg-type]
    whole = run_whole(supervisor, baseline, range(3), lambda: None)  # type: ignore[arg-type]
    assert {index: each.outcome for index, each in whole.outcomes.items()} == {
        0: "passed",
        1: "crashed",
    }
