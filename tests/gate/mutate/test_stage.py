from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from builders import make_outcome
from coverage import CoverageData
from fake_workers import (
    FAIL,
    PASS,
    Behaviour,
    FakeWorkers,
    change,
    make_import_mutant,
    make_mutant,
    test_name,
    write_source,
)

from gate.measure.suite import Baseline
from gate.model import ControlRun, Mutant, MutantResult, MutationRun
from gate.mutate import stage
from gate.mutate.campaign import Campaign
from gate.mutate.controls import UNKNOWN, UNPLACED, UNPLACED_FILE
from gate.mutate.engine import Engine
from gate.mutate.entries import RAISE
from gate.mutate.history import NAME
from gate.mutate.jobs import Jobs
from gate.mutate.killers import Killers
from gate.mutate.plans import MutantPlan
from gate.mutate.regions import unless_run
from gate.mutate.stage import BUDGET, MANY, Material, mutate, plan_all, run_plans
from gate.source.code import read_source
from gate.source.imports import ImportGraph

TESTS = 4
Statuses = dict[str, str]


def campaign(**fields: Any) -> Campaign:
    return Campaign(**{"files": ("pkg/a.py",), "noise": ("log",), **fields})


def kills(*names: str, test: int = 0) -> Behaviour:
    return lambda mutant, each, before: FAIL if mutant in names and each == test else PASS


def counted(run: MutationRun) -> dict[str, int]:
    """The counts by status that are not zero."""
    return {status: count for status, count in run.counts.items() if count}


def statuses(run: MutationRun) -> Statuses:
    return {result.mutant.id: result.status for result in run.results}


class Subject:
    """A project of two test files, measured: test 0 and 1 ran f, test 3 is red and ran it too."""

    def __init__(self, root: Path, outcome: str = "failed") -> None:
        self.root = root
        write_source(root)
        files = {"tests/test_a.py": "from pkg import a\n", "tests/test_b.py": "import os\n"}
        (root / "tests").mkdir()
        for file, text in files.items():
            (root / file).write_text(text)
        data = CoverageData(str(root / "data"))
        for context, arcs in {
            "": [(-1, 1), (1, 2), (2, -1)],
            **{test_name(test): [(-2, 3), (3, -2)] for test in (0, 1, 3)},
        }.items():
            data.set_context(context)
            data.add_arcs({str(root / "pkg/a.py"): arcs})
        data.close()
        self.outcomes: dict[int, Any] = {
            test: make_outcome(test_name(test), "passed", seconds=0.1 * test) for test in range(3)
        }
        self.outcomes[3] = make_outcome(test_name(3), outcome)  # type: ignore[arg-type]
        self.imports = ImportGraph(root, ["pkg/a.py", *files])
        self.heard: list[MutantResult] = []
        self.workers = FakeWorkers(root, TESTS, kills())

    def material(self, key: str = "key") -> Material:
        baseline = Baseline(self.workers.collect(), outcomes=self.outcomes)
        sources = {"pkg/a.py": read_source(self.root, "pkg/a.py")}
        return Material(baseline, self.root / "data", sources, self.imports, self.root, key)

    def run(
        self,
        behave: Behaviour,
        *mutants: Mutant,
        key: str = "key",
        asleep: tuple[int, ...] = (),
        neutral: Behaviour | None = None,
    ) -> MutationRun:
        self.workers = FakeWorkers(self.root, TESTS, behave, neutral=neutral)
        self.workers.asleep = asleep
        self.heard = []
        supervisor: Any = self.workers
        return mutate(supervisor, self.material(key), mutants, campaign(), 2, self.heard.append)


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    return Subject(tmp_path)


Engines = Callable[..., Engine]


@pytest.fixture
def engines(tmp_path: Path) -> Engines:
    write_source(tmp_path)

    def make(behave: Behaviour, **fields: Any) -> Engine:
        workers = FakeWorkers(tmp_path, TESTS, behave, **fields)
        jobs = Jobs(workers.collect(), (), {})
        return Engine(workers, jobs, Killers(), 1)  # type: ignore[arg-type]

    return make


def no_memory(plan: MutantPlan) -> None:
    return None


def plans(*names: str, covered: bool = True) -> list[MutantPlan]:
    return [MutantPlan(make_mutant(name), (0, 1) if covered else ()) for name in names]


def test_every_mutant_has_one_result_and_only_covered_ones_are_run(engines: Engines) -> None:
    ignored = [MutantPlan(make_mutant("i", ignored="log: text"), (0,))]
    heard: list[MutantResult] = []
    all_plans = [*plans("k", "s"), *plans("n", covered=False), *ignored]
    run = run_plans(engines(kills("k")), all_plans, campaign(), no_memory, heard.append)
    expected = {"k": "Killed", "s": "Survived", "n": "NoCoverage", "i": "Ignored"}
    assert statuses(run) == expected
    assert counted(run) == {"Killed": 1, "Survived": 1, "NoCoverage": 1, "Ignored": 1}
    assert {result.mutant.id: result.reason for result in run.results}["i"] == "log: text"
    assert sorted(result.mutant.id for result in heard) == ["i", "k", "n", "s"]
    assert run.core == ("pkg/a.py",)
    assert run.problems == ()


def test_a_later_result_of_a_mutant_is_heard_and_replaces_the_first(engines: Engines) -> None:
    originals: list[int] = []

    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        if mutant or test != 0:
            return FAIL if test == 0 else PASS
        originals.append(test)
        return PASS if len(originals) == 1 else FAIL

    heard: list[MutantResult] = []
    run = run_plans(engines(behave), plans("m"), campaign(), no_memory, heard.append)
    assert [result.status for result in heard] == ["Killed", "Survived"]
    assert statuses(run) == {"m": "Survived"}


def test_a_budget_that_is_used_up_leaves_the_rest_unresolved(engines: Engines) -> None:
    run = run_plans(
        engines(kills()), plans("s0", "s1"), campaign(budget=-1.0), no_memory, lambda _: None
    )
    assert {result.status for result in run.results} == {"Pending"}
    assert run.results[0].reason == BUDGET == "the budget was used up"
    assert run.score.least.covered == 0
    assert run.score.most.covered == 2


def test_a_budget_starts_no_mutant_after_its_end(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A tenth of a second later at each look: at the third the budget is used up.
    clock = iter(range(1000))
    monkeypatch.setattr(stage, "time", SimpleNamespace(monotonic=lambda: next(clock) / 10))
    everything = plans(*(f"m{number}" for number in range(30)))
    run = run_plans(
        engines(lambda mutant, test, before: PASS),
        everything,
        campaign(budget=0.2),
        no_memory,
        lambda _: None,
    )
    assert counted(run) == {"Survived": 2, "Pending": 28}


def test_what_needs_no_run_has_its_result_whatever_the_budget(engines: Engines) -> None:
    run = run_plans(
        engines(kills()),
        plans("n", covered=False),
        campaign(budget=-1.0),
        no_memory,
        lambda _: None,
    )
    assert statuses(run) == {"n": "NoCoverage"}


def test_where_no_worker_starts_all_that_is_left_is_unresolved_and_a_problem(
    engines: Engines,
) -> None:
    engine = engines(kills(), refuse=lambda job: True)
    everything = plans(*(f"m{number}" for number in range(9)))
    run = run_plans(engine, everything, campaign(), no_memory, lambda _: None)
    assert counted(run) == {"Pending": 9}
    assert {result.reason for result in run.results} == {engine.failure}
    assert [problem.message for problem in run.problems] == [engine.failure]


def test_what_is_recalled_is_not_run(engines: Engines) -> None:
    def recall(plan: MutantPlan) -> MutantResult | None:
        return MutantResult(plan.mutant, "Survived") if plan.mutant.id == "old" else None

    run = run_plans(engines(kills("old", "new")), plans("old", "new"), campaign(), recall, print)
    assert statuses(run) == {"old": "Survived", "new": "Killed"}


def test_ignored_mutants_get_no_tests() -> None:
    selection: Any = SimpleNamespace(
        plan=lambda mutant: MutantPlan(mutant, (1,)), weighed=unless_run
    )
    mutants = [
        make_mutant("a"),
        make_mutant("i", ignored="log: text"),
        make_mutant("r", ignored="repr: inside `__repr__`"),
    ]
    planned = {plan.mutant.id: plan.tests for plan in plan_all(mutants, selection, campaign())}
    assert planned == {"a": (1,), "i": (), "r": (1,)}


def test_the_stage_goes_from_mutants_to_results(subject: Subject) -> None:
    run = subject.run(kills("k", "c"), make_mutant("k"), make_mutant("s"), make_import_mutant("c"))
    assert statuses(run) == {"k": "Killed", "s": "Survived", "c": "Killed"}
    by_name = {result.mutant.id: result for result in run.results}
    assert by_name["k"].killed_by == test_name(0)
    assert by_name["s"].covered_by == (test_name(0), test_name(1))
    assert len(subject.heard) == 3
    assert run.remembered == 0
    assert subject.workers.jobs[0].arguments == ()
    assert any(job.arguments[-2:] == ("-o", "x=y") for job in subject.workers.jobs)


def test_many_mutants_are_worth_a_process_that_is_cheap_to_fork(subject: Subject) -> None:
    subject.run(kills(), *(make_mutant(f"m{number}") for number in range(MANY)))
    assert subject.workers.preloaded == ((), True)
    subject.run(kills(), make_mutant("m"))
    assert subject.workers.preloaded == ((), False)


def test_the_fork_point_before_import_is_begun_early_where_a_mutant_needs_it(
    subject: Subject,
) -> None:
    subject.run(kills(), make_mutant("m"))
    assert not subject.workers.seeded
    subject.run(kills(), make_mutant("m"), make_import_mutant("i"))
    assert subject.workers.seeded


def test_a_second_run_recalls_survivors_and_proves_every_kill_anew(subject: Subject) -> None:
    mutants = [make_mutant("k"), make_mutant("s")]
    first = subject.run(kills("k", test=1), *mutants)
    assert (subject.root / NAME).is_file()
    second = subject.run(kills("k", test=1), *mutants)
    assert statuses(second) == statuses(first) == {"k": "Killed", "s": "Survived"}
    assert second.remembered == 1
    assert [each.covered_by for each in second.results if each.mutant.id == "s"] == [
        (test_name(0), test_name(1))
    ]
    # Its killer of the first run is asked first now.
    assert subject.workers.runs()[:2] == [("k", (1, 0)), ("", (1,))]
    assert not [name for name, _ in subject.workers.runs() if name == "s"]


def test_a_survivor_is_run_again_when_anything_it_depends_on_has_changed(
    subject: Subject,
) -> None:
    subject.run(kills(), make_mutant("s"))
    again = subject.run(kills("s"), make_mutant("s"), key="other")
    assert statuses(again) == {"s": "Killed"}
    assert again.remembered == 0


def test_a_kill_that_is_remembered_and_no_longer_true_is_no_kill(subject: Subject) -> None:
    subject.run(kills("k"), make_mutant("k"))
    assert statuses(subject.run(kills(), make_mutant("k"))) == {"k": "Survived"}


def test_a_run_that_was_interrupted_goes_on_from_what_it_found(subject: Subject) -> None:
    def interrupted(mutant: str, test: int, before: tuple[int, ...]) -> str:
        if mutant == "later":
            raise KeyboardInterrupt
        return PASS

    everything = [make_mutant("s", function="e"), make_mutant("later")]
    subject.workers = FakeWorkers(subject.root, TESTS, interrupted)
    supervisor: Any = subject.workers
    with pytest.raises(KeyboardInterrupt):
        mutate(supervisor, subject.material(), everything, campaign(), 1, subject.heard.append)
    assert [result.mutant.id for result in subject.heard] == ["s"]
    again = subject.run(kills(), *everything)
    assert again.remembered == 1
    named = [name for name, _ in subject.workers.runs()]
    assert (named[0], "s" in named) == ("later", False)


def raised(workers: FakeWorkers) -> list[tuple[int, ...]]:
    """The tests of each run in which a function raises."""
    return [tests for name, tests in workers.runs() if RAISE in name]


def test_a_function_with_a_kill_is_not_made_to_raise(subject: Subject) -> None:
    run = subject.run(kills("k"), make_mutant("k"), make_mutant("s"))
    assert statuses(run) == {"k": "Killed", "s": "Survived"}
    assert raised(subject.workers) == []
    assert run.controls == ControlRun(neutral=2)


def test_a_function_without_a_kill_is_made_to_raise_once_for_all_its_survivors(
    subject: Subject,
) -> None:
    run = subject.run(kills(), make_mutant("s"), make_mutant("t"), make_import_mutant("i"))
    assert statuses(run) == {"s": "Survived", "t": "Survived", "i": "Survived"}
    assert raised(subject.workers) == [(0, 1), (0, 1)]
    assert [job.at_import for job in subject.workers.jobs if RAISE in change(job)] == [False, True]
    assert run.controls == ControlRun(positive=2, neutral=2)
    assert sorted(result.mutant.id for result in subject.heard) == ["i", "s", "t"]


def test_survivors_of_a_function_whose_raise_nobody_notices_are_unresolved(
    subject: Subject,
) -> None:
    run = subject.run(kills(), make_mutant("s"), make_import_mutant("i"), asleep=(0, 1))
    assert statuses(run) == {"s": "Pending", "i": "Pending"}
    assert {r.mutant.id: r.reason for r in run.results} == {"s": UNPLACED, "i": UNPLACED_FILE}
    assert {r.covered_by for r in run.results if r.status == "Pending"} == {
        (test_name(0), test_name(1))
    }
    assert run.controls == ControlRun(positive=2, unplaced=("pkg/a.py::f", "pkg/a.py"))
    assert subject.heard[-1].status == "Pending"


def test_any_test_that_ran_a_survivor_may_notice_the_raise(subject: Subject) -> None:
    assert statuses(subject.run(kills(), make_mutant("s"), asleep=(0,))) == {"s": "Survived"}


def test_a_raise_is_not_noticed_by_a_test_that_reacts_to_unchanged_code(subject: Subject) -> None:
    run = subject.run(kills(), make_mutant("s"), asleep=(1,), neutral=kills("", test=0))
    assert statuses(run) == {"s": "Pending"}
    assert [each.test for each in run.controls.failed] == [test_name(0)]


def test_a_control_is_not_remembered_and_comes_again_for_remembered_survivors(
    subject: Subject,
) -> None:
    first = subject.run(kills(), make_mutant("s"))
    assert (statuses(first), first.remembered) == ({"s": "Survived"}, 0)
    again = subject.run(kills(), make_mutant("s"), asleep=(0, 1))
    assert (statuses(again), again.remembered) == ({"s": "Pending"}, 1)
    with closing(sqlite3.connect(subject.root / NAME)) as history:
        assert history.execute("SELECT mutant FROM hints").fetchall() == [(b"s",)]


def test_where_no_worker_starts_for_a_control_survivors_are_unresolved_by_that(
    engines: Engines,
) -> None:
    def refuse(job: Any) -> bool:
        return job.edit is not None and RAISE in job.edit["replacement"]

    run = run_plans(engines(kills(), refuse=refuse), plans("s"), campaign(), no_memory, print)
    assert statuses(run) == {"s": "Pending"}
    assert run.results[0].reason == f"{UNKNOWN}no worker could be started: no zygote"


def test_a_damaged_history_is_set_aside_with_a_note(subject: Subject) -> None:
    (subject.root / NAME).write_bytes(b"junk" * 9999)
    run = subject.run(kills("k"), make_mutant("k"))
    assert statuses(run) == {"k": "Killed"}
    assert any("damaged" in note for note in run.notes)


def test_red_tests_are_said_to_have_run_what_nothing_noticed(subject: Subject) -> None:
    run = subject.run(kills("k"), make_mutant("k"), make_mutant("s0"), make_mutant("s1"))
    assert run.notes == (
        "1 red test took no part; green, they would have run 2 mutants that no other test noticed",
    )
    assert subject.run(kills("k"), make_mutant("k")).notes == ()


@pytest.mark.parametrize("outcome", ["skipped", "xfailed", "excluded"])
def test_a_test_that_is_not_red_is_not_called_so(tmp_path: Path, outcome: str) -> None:
    assert Subject(tmp_path, outcome).run(kills(), make_mutant("s")).notes == ()
