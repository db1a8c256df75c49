from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fake_workers import FAIL, PASS, FakeWorkers, make_mutant

from gate.model import Mutant, MutantResult
from gate.mutate import stage
from gate.mutate.engine import Engine, MutantPlan
from gate.mutate.stage import Campaign, generate_all, in_turn, run_mutants


def campaign(**fields: Any) -> Campaign:
    defaults: dict[str, Any] = {
        "files": ("pkg/a.py",),
        "noise": ("log",),
        "wanted": lambda mutant: True,
        "first": lambda mutant: False,
    }
    return Campaign(**{**defaults, **fields})


def covered_but(*names: str) -> Any:
    return SimpleNamespace(
        plan=lambda mutant: MutantPlan(mutant, () if mutant.id in names else (0, 1))
    )


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/a.py").write_text("def f():\n    return 1\n")
    workers = FakeWorkers(tmp_path, 2, lambda mutant, test, before: FAIL if mutant == "k" else PASS)
    return Engine(workers, workers.items, {0: 0.1, 1: 0.1}, 1)  # type: ignore[arg-type]


def test_every_mutant_has_one_result_and_only_covered_ones_are_run(engine: Engine) -> None:
    mutants = [
        make_mutant("k"),
        make_mutant("s"),
        make_mutant("n"),
        make_mutant("i", ignored="log: text"),
    ]
    heard: list[MutantResult] = []
    run = run_mutants(engine, mutants, covered_but("n"), campaign(), heard.append)
    assert {result.mutant.id: result.status for result in run.results} == {
        "k": "Killed",
        "s": "Survived",
        "n": "NoCoverage",
        "i": "Ignored",
    }
    assert len(heard) == len(run.results)
    assert run.counts() == {"Killed": 1, "Survived": 1, "NoCoverage": 1, "Ignored": 1}


def test_a_budget_that_is_used_up_leaves_the_rest_unresolved(engine: Engine) -> None:
    mutants = [make_mutant("s0"), make_mutant("s1")]
    run = run_mutants(engine, mutants, covered_but(), campaign(budget=-1.0), lambda _: None)
    assert {result.status for result in run.results} == {"Pending"}
    assert run.results[0].reason == "the budget was used up"
    assert run.score().low.covered == 0
    assert run.score().high.covered == 2


def test_mutants_to_begin_with_come_first_then_function_by_function() -> None:
    mutants = [
        make_mutant(f"{function}{n}", function=function) for n in range(2) for function in "fg"
    ]
    ordered = in_turn(mutants, campaign(first=lambda mutant: mutant.id == "g1"))
    assert [mutant.id for mutant in ordered] == ["g1", "f0", "f1", "g0"]


def test_under_a_budget_functions_take_turns() -> None:
    mutants = [
        make_mutant(f"{function}{n}", function=function) for function in "fg" for n in range(3)
    ]
    ordered = in_turn(mutants, campaign(budget=9.0))
    assert [mutant.id for mutant in ordered] == ["f0", "g0", "f1", "g1", "f2", "g2"]


def test_only_wanted_mutants_are_made(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/a.py").write_text("def f():\n    return 1\n\ndef g():\n    return 2\n")
    wanted: list[Mutant] = generate_all(
        tmp_path, campaign(wanted=lambda mutant: mutant.function == "g")
    )
    assert {mutant.function for mutant in wanted} == {"g"}
    assert stage.generate_all(tmp_path, campaign(files=())) == []
