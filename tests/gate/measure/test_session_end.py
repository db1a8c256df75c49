from collections.abc import Callable
from pathlib import Path

import pytest
from builders import make_policy
from fake_supervisor import FAIL, PASS, Behaviour, FakeSupervisor

from gate.measure.session_end import end_of_session
from gate.measure.suite import run_shares
from gate.model import SessionEnd
from gate.supervise.jobs import Ending, Job

TESTS = [f"tests/test_{file}.py::test_{number}" for file in "ab" for number in range(2)]
WHOLE = "the whole suite"
HOOK = "conftest.py:4 pytest_sessionfinish"
Change = Callable[[FakeSupervisor], None]


def green(item: int, before: tuple[int, ...]) -> str:
    return PASS


@pytest.fixture
def ended(tmp_path: Path) -> Callable[..., tuple[SessionEnd | None, list[Job]]]:
    def ended(
        change: Change = lambda supervisor: None,
        behave: Behaviour = green,
        tests: list[str] = TESTS,
        policy: str = "",
    ) -> tuple[SessionEnd | None, list[Job]]:
        supervisor = FakeSupervisor(tests, behave, tmp_path)
        change(supervisor)
        args = supervisor, supervisor.collect(), make_policy(policy), 1, lambda _: None
        baseline = run_shares(*args)  # type: ignore[arg-type]
        shares = len(supervisor.jobs)
        end = end_of_session(supervisor, baseline, lambda: None)  # type: ignore[arg-type]
        assert baseline.problems == []
        return end, supervisor.jobs[shares:]

    return ended


Ends = Callable[..., tuple[SessionEnd | None, list[Job]]]


def test_a_session_that_ends_well_in_each_share_ends_well(ended: Ends) -> None:
    assert ended() == (SessionEnd(0), [])


def test_what_objects_to_a_share_is_asked_again_of_all_tests_in_one_process(ended: Ends) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.status["share 1"] = (1, "", "1 snapshot unused")

    everything = Job(WHOLE, (0, 1, 2, 3), finish=True, apart=True)
    assert ended(change) == (SessionEnd(0, whole=True), [everything])


def test_what_objects_to_the_whole_is_told_with_what_it_printed_last(ended: Ends) -> None:
    printed = "..  [ 50%]\n..  [100%]2 sockets are open\n\n== 4 passed in 0.1s ==\n4 passed in 1s\n"

    def change(supervisor: FakeSupervisor) -> None:
        supervisor.status |= {"share 0": (1, "", ""), WHOLE: (6, "", printed)}

    assert ended(change)[0] == SessionEnd(6, "2 sockets are open", whole=True)


@pytest.mark.parametrize(
    ("printed", "last"),
    [
        ("leak one\nleak two\n", "leak two"),
        ("left\n\n=== leaks ===\n3 passed, 1 warning in 0.1s\n", "leaks"),
        ("X left X\n", "X left X"),
        ("tests/test_a.py .. [100%] 2 left\n=== 2 xfailed in 0.1s ===\n", "2 left"),
        ("=== 1 passed ===\n1 skipped\n1 deselected\n1 xpassed\n1 error\n1 failed\n", ""),
    ],
)
def test_the_last_line_that_is_not_of_pytest_says_what_objects(
    ended: Ends, printed: str, last: str
) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.status["share 0"] = (1, "", printed)

    assert ended(change, tests=TESTS[:2])[0] == SessionEnd(1, last)


def test_one_share_is_the_whole_suite(ended: Ends) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.status["share 0"] = (1, "RuntimeError: left open", "said")

    assert ended(change, tests=TESTS[:2]) == (SessionEnd(1, "RuntimeError: left open"), [])


def test_hooks_of_the_project_run_in_one_process_alone(ended: Ends) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.enders = (HOOK, "a", "b", "c", "d")
        supervisor.status[WHOLE] = (1, "", "")

    end, jobs = ended(change, tests=TESTS[:2])
    assert end == SessionEnd(1, f"(at the end run {HOOK}, a, b and 2 more)", whole=True)
    assert [job.name for job in jobs] == [WHOLE]


@pytest.mark.parametrize(
    ("names", "told"), [(("a", "b", "c"), "a, b, c"), (("a", "b", "c", "d"), "a, b, c and 1 more")]
)
def test_up_to_three_hooks_of_the_project_are_named_beside_what_was_raised(
    ended: Ends, names: tuple[str, ...], told: str
) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.enders = names
        supervisor.status[WHOLE] = (1, "left", "")

    assert ended(change)[0] == SessionEnd(1, f"left (at the end run {told})", whole=True)


@pytest.mark.parametrize(
    ("ends", "end"),
    [
        ({}, SessionEnd(0, whole=True)),
        ({WHOLE: "crash"}, SessionEnd(None, "it ended by crash", whole=True)),
    ],
)
def test_hooks_of_the_project_are_not_blamed_where_they_do_not_object(
    ended: Ends, ends: dict[str, Ending], end: SessionEnd
) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.enders = (HOOK,)
        supervisor.ends |= ends

    assert ended(change)[0] == end


def test_a_share_that_does_not_come_to_its_end_is_asked_again_as_a_whole(ended: Ends) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.ends["share 0"] = "timeout"

    assert ended(change)[0] == SessionEnd(0, whole=True)


def test_an_end_that_does_not_come_is_not_known(ended: Ends) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.ends |= {"share 0": "timeout", WHOLE: "crash"}

    assert ended(change)[0] == SessionEnd(None, "it ended by crash", whole=True)


def test_of_an_end_that_is_told_at_length_the_first_line_is_shown(ended: Ends) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.ends |= {"share 0": "timeout", WHOLE: "crash"}
        supervisor.messages[WHOLE] = "\nkilled by SIGSEGV\nwith these frames\n"

    assert ended(change)[0] == SessionEnd(None, "killed by SIGSEGV", whole=True)


def test_an_end_of_which_nothing_is_heard_is_not_known(ended: Ends) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.enders, supervisor.silent = (HOOK,), frozenset({WHOLE})

    assert ended(change)[0] == SessionEnd(None, "no worker reported it", whole=True)


@pytest.mark.parametrize(
    ("answer", "why"),
    [(FAIL, "ValueError: no"), ("crash", "it ended by crash")],
)
def test_a_test_that_is_red_in_one_process_alone_is_named(
    ended: Ends, answer: str, why: str
) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.enders = (HOOK,)

    end, _ = ended(change, lambda item, before: answer if len(before) == 3 else PASS)
    told = f"{TESTS[3]} passes in its share and is red when all tests run in one process: {why}"
    assert end == SessionEnd(None, told, whole=True)


@pytest.mark.parametrize(
    "behave", [lambda item, before: FAIL if item else PASS, lambda *_: "crash"]
)
def test_the_end_is_not_asked_of_a_suite_with_red_tests(ended: Ends, behave: Behaviour) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.enders = (HOOK,)

    assert ended(change, behave) == (None, [])


def test_the_end_is_not_asked_where_a_file_was_not_collected(ended: Ends) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.uncollected = ({"test": "tests/test_c.py", "outcome": "error"},)

    assert ended(change) == (None, [])


def test_excluded_tests_stay_out_of_the_whole(ended: Ends) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.enders = (HOOK,)

    policy = '[[tests.exclude]]\ntest = "tests/test_a.py::test_1"\nreason = "r"\nowner = "o"\n'
    _, (job,) = ended(change, policy=policy + "expires = 2027-03-31\n")
    assert job.items == (0, 2, 3)
