import time
from collections.abc import Callable, Container
from pathlib import Path

import pytest
from builders import make_exclusion, make_outcome, make_policy
from fake_supervisor import FAIL, PASS, Behaviour, FakeSupervisor

from gate.measure.suite import Baseline, run_shares
from gate.model import Problem, TestOutcome
from gate.supervise.jobs import Job
from gate.supervise.zygote import Collected, Item

Run = Callable[..., tuple[FakeSupervisor, Baseline]]
TESTS = [f"tests/test_{file}.py::test_{number}" for file in "abc" for number in range(3)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(
        behave: Behaviour,
        tests: list[str] = TESTS,
        policy: str = "",
        width: int = 2,
        change: Callable[[FakeSupervisor], None] = lambda supervisor: None,
        wanted: Container[int] | None = None,
    ) -> tuple[FakeSupervisor, Baseline]:
        supervisor = FakeSupervisor(tests, behave, tmp_path)
        change(supervisor)
        baseline = run_shares(
            supervisor,  # type: ignore[arg-type]
            supervisor.collect(),
            make_policy(policy),
            width,
            lambda _: None,
            wanted,
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
    assert baseline.passing() == set(TESTS)


def test_nothing_is_known_before_a_test_has_run() -> None:
    collected = Collected((), (), {}, (), {}, {})
    assert Baseline(collected) == Baseline(collected, [], {}, [], [], [], 0.0, {}, set(), {}, [])


def test_the_longest_share_begins_first_and_of_equals_the_one_collected_first(run: Run) -> None:
    sizes = {"a": 2, "b": 3, "c": 2, "d": 3}
    tests = [f"{file}.py::t{number}" for file, size in sizes.items() for number in range(size)]
    supervisor, _ = run(lambda item, before: PASS, tests)
    assert supervisor.jobs == [
        Job("share 1", (2, 3, 4), measured=True, finish=True),
        Job("share 3", (7, 8, 9), measured=True, finish=True),
        Job("share 0", (0, 1), measured=True, finish=True),
        Job("share 2", (5, 6), measured=True, finish=True),
    ]


def test_only_the_wanted_tests_run_where_these_are_given(run: Run) -> None:
    supervisor, baseline = run(lambda item, before: PASS, wanted={1, 4, 5})
    assert sorted(job.items for job in supervisor.jobs) == [(1,), (4, 5)]
    assert not any(job.finish for job in supervisor.jobs)
    assert sorted(baseline.outcomes) == [1, 4, 5]


def test_a_failure_is_placed_where_it_was_raised(run: Run) -> None:
    _, baseline = run(lambda item, before: FAIL if item else PASS)
    assert (baseline.outcomes[1].path, baseline.outcomes[1].line) == ("pkg/a.py", 7)
    assert baseline.passing() == {TESTS[0]}


def test_a_file_counts_as_passing_when_any_of_its_tests_passed(run: Run) -> None:
    _, baseline = run(lambda item, before: FAIL if item in (0, 1, 2, 4) else PASS)
    assert baseline.passing_files() == {"tests/test_b.py", "tests/test_c.py"}


def test_the_seconds_are_those_of_the_whole_run(run: Run) -> None:
    started = time.monotonic()
    _, baseline = run(lambda item, before: PASS)
    assert 0 < baseline.seconds <= time.monotonic() - started


@pytest.mark.parametrize(
    ("ending", "outcome"), [("timeout", "timeout"), ("crash", "crashed"), ("stopped", "crashed")]
)
def test_a_test_that_takes_its_worker_down_costs_itself_alone(
    run: Run, ending: str, outcome: str, tmp_path: Path
) -> None:
    supervisor, baseline = run(lambda item, before: ending if item == 4 else PASS)
    assert outcomes(baseline) == ["passed"] * 4 + [outcome] + ["passed"] * 4
    lost = baseline.outcomes[4]
    assert (lost.test, lost.message) == (TESTS[4], f"it ended by {ending}")
    assert supervisor.jobs[-1] == Job("share 1 from 5", (5,), measured=True)
    names = ("share 0", "share 1", "share 2", "share 1 from 5")
    assert baseline.parts == [tmp_path / f"data of {name}" for name in names]


def test_a_worker_that_left_no_data_is_no_part_of_the_coverage(run: Run, tmp_path: Path) -> None:
    def behave(item: int, before: tuple[int, ...]) -> str:
        if item != 1:
            return PASS
        (tmp_path / "data of share 0").unlink()
        return "crash"

    _, baseline = run(behave, TESTS[:3])
    assert baseline.parts == [tmp_path / "data of share 0 from 2"]


def test_a_worker_that_ends_badly_after_its_last_test_is_a_hole_in_the_evidence(run: Run) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.ends = {"share 1": "crash"}
        supervisor.untold = frozenset({"share 1"})

    _, baseline = run(lambda item, before: PASS, change=change)
    assert outcomes(baseline) == ["passed"] * 9
    assert baseline.problems == [Problem("share 1", "its worker ended badly: it ended by crash")]


def test_a_worker_that_was_not_to_go_to_the_end_and_ends_badly_is_a_hole_though_it_told_all(
    run: Run,
) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.ends = {"share 1": "crash"}
        supervisor.enders = ("conftest.py:1 pytest_sessionfinish",)

    _, baseline = run(lambda item, before: PASS, change=change)
    assert baseline.problems == [Problem("share 1", "its worker ended badly: it ended by crash")]
    assert baseline.ends == []


def test_what_coverage_could_not_measure_of_a_share_is_a_hole_in_the_evidence(run: Run) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.lost = {"share 1": "disk full"}

    _, baseline = run(lambda item, before: PASS, change=change)
    why = "coverage.py could not measure all of it (disk full)"
    assert baseline.problems == [Problem("share 1", why)]


def test_what_one_share_imported_late_is_imported_once_for_the_others(run: Run) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.late = {"share 0": ("numpy", "torch"), "share 1": ("torch", "scipy")}

    supervisor, baseline = run(lambda item, before: PASS, change=change)
    assert supervisor.preloaded == [["numpy", "torch"], ["scipy"]]
    assert list(baseline.late) == ["numpy", "torch", "scipy"]


def test_the_modules_of_the_project_are_those_of_the_collection_and_of_each_share(run: Run) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.loaded = {"": {"pkg": "pkg/__init__.py"}, "share 0": {"pkg.a": "pkg/a.py"}}
        supervisor.loaded["share 1"] = {"pkg.a": "other/a.py"}

    _, baseline = run(lambda item, before: PASS, change=change)
    both = {("pkg.a", "pkg/a.py"), ("pkg.a", "other/a.py")}
    assert baseline.loaded == {("pkg", "pkg/__init__.py"), *both}


def test_a_test_that_takes_the_zygote_down_is_found_by_running_the_suspects_alone(run: Run) -> None:
    supervisor, baseline = run(lambda item, before: "orphaned" if item in (4, 7) else PASS, width=1)
    assert [index for index in range(9) if outcomes(baseline)[index] != "passed"] == [4, 7]
    for index in (4, 7):
        assert baseline.outcomes[index].outcome == "crashed"
        assert baseline.outcomes[index].message == "it takes the collecting process down"
    assert supervisor.jobs[-2:] == [
        Job("suspect 4", (4,), measured=True),
        Job("suspect 7", (7,), measured=True),
    ]
    assert supervisor.most_running == 1


def test_an_innocent_suspect_keeps_its_own_outcome(run: Run) -> None:
    lost = iter(["orphaned"])
    _, baseline = run(lambda item, before: next(lost, PASS) if item == 0 else PASS)
    assert outcomes(baseline) == ["passed"] * 9


def test_a_share_goes_on_after_ten_deaths_of_the_zygote_and_not_after_one_more(run: Run) -> None:
    _, baseline = run(lambda item, before: "orphaned", tests=[f"t.py::t{n}" for n in range(40)])
    assert set(outcomes(baseline)) == {"crashed"}
    assert [baseline.outcomes[index].message for index in range(40)] == [
        *["it takes the collecting process down"] * 11,
        *["no worker reported it"] * 29,
    ]


def test_a_test_that_replaced_the_tracer_is_a_hole_in_the_evidence(run: Run) -> None:
    def change(supervisor: FakeSupervisor) -> None:
        supervisor.untraced = frozenset({2})

    _, baseline = run(lambda item, before: PASS, change=change)
    why = "it replaced the coverage tracer; what ran after that in it was not measured"
    assert baseline.problems == [Problem(TESTS[2], why)]


def test_seconds_are_known_by_the_index_of_a_test_that_ran() -> None:
    ran = {2: make_outcome("t.py::b", seconds=0.5), 0: make_outcome("t.py::a", seconds=0.25)}
    baseline = Baseline(Collected((), (), {}, (), {}, {}), outcomes=ran)
    assert baseline.seconds_by_test() == {2: 0.5, 0: 0.25}


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
    ("rule", "pattern", "excluded"),
    [
        (
            'test = "tests/test_a.py::test_[x]"',
            "tests/test_a.py::test_[x]",
            ["tests/test_a.py::test_[x]"],
        ),
        (
            'test = "tests/test_a.py::*"',
            "tests/test_a.py::*",
            ["tests/test_a.py::test_[x]", "tests/test_a.py::test_2"],
        ),
        ('marker = "slow"', "marker slow", ["tests/test_b.py::test_slow"]),
    ],
)
def test_excluded_tests_are_listed_with_their_reason_and_never_run(
    run: Run, rule: str, pattern: str, excluded: list[str]
) -> None:
    tests = ["tests/test_a.py::test_[x]", "tests/test_a.py::test_2", "tests/test_b.py::test_slow"]
    supervisor, baseline = run(lambda item, before: PASS, tests, EXCLUDED.format(rule=rule))
    assert baseline.exclusions == [make_exclusion(test, pattern=pattern) for test in excluded]
    ran = {tests[item] for job in supervisor.jobs for item in job.items}
    assert ran == set(tests) - set(excluded)


@pytest.mark.parametrize(
    ("rootdir", "pattern", "excluded"),
    [
        ("sub", "tests/test_a.py::test_1", True),
        ("sub", "sub/tests/test_a.py::test_1", True),
        ("sub", "test_a.py::test_1", False),
        ("", "tests/test_a.py::test_1", False),
        ("../elsewhere/sub", "tests/test_a.py::test_1", False),
        ("link", "tests/test_a.py::test_1", True),
    ],
)
def test_a_test_is_excluded_by_its_id_from_the_root_or_as_pytest_prints_it(
    run: Run, tmp_path: Path, rootdir: str, pattern: str, excluded: bool
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to("sub")

    def change(supervisor: FakeSupervisor) -> None:
        supervisor.launch.root = tmp_path
        supervisor.environment = {"rootdir": str(tmp_path / rootdir)}

    rule = EXCLUDED.format(rule=f'test = "{pattern}"')
    tests = ["sub/tests/test_a.py::test_1", "sub/tests/test_a.py::test_2"]
    _, baseline = run(lambda item, before: PASS, tests, rule, change=change)
    assert [each.test for each in baseline.exclusions] == tests[:excluded]


def test_the_one_who_watches_hears_of_every_test(tmp_path: Path) -> None:
    heard: list[TestOutcome] = []
    supervisor = FakeSupervisor(TESTS, lambda item, before: FAIL if item else PASS, tmp_path)
    run_shares(supervisor, supervisor.collect(), make_policy(), 1, heard.append)  # type: ignore[arg-type]
    assert sorted(outcome.test for outcome in heard) == TESTS
    assert sum(outcome.outcome == "failed" for outcome in heard) == 8
