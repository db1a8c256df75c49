from collections.abc import Callable
from pathlib import Path

import pytest
from fake_workers import FAIL, PASS, Behaviour, FakeWorkers, make_mutant

from gate.model import Mutant, MutantResult
from gate.mutate.engine import Edits, Engine, MutantPlan

Run = Callable[..., tuple[FakeWorkers, dict[str, MutantResult]]]
TESTS = 4


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/a.py").write_text("def f():\n    return 1\n")

    def run(behave: Behaviour, *mutants: Mutant) -> tuple[FakeWorkers, dict[str, MutantResult]]:
        workers = FakeWorkers(tmp_path, TESTS, behave)
        seconds = dict.fromkeys(range(TESTS), 0.1)
        engine = Engine(workers, workers.items, seconds, 1)  # type: ignore[arg-type]
        plans = [MutantPlan(mutant, tuple(range(TESTS))) for mutant in mutants or (make_mutant(),)]
        return workers, {result.mutant.id: result for result in engine.run(plans)}

    return run


def name(test: int) -> str:
    return f"tests/test_a.py::test_{test}"


def test_a_mutant_that_no_test_notices_survives(run: Run) -> None:
    workers, results = run(lambda mutant, test, before: PASS)
    assert results["m"].status == "Survived"
    assert results["m"].covered_by == tuple(map(name, range(TESTS)))
    assert workers.runs() == [("m", (0, 1, 2, 3))]


def test_a_kill_by_the_first_test_needs_only_the_other_half_of_its_certificate(run: Run) -> None:
    workers, results = run(lambda mutant, test, before: FAIL if mutant and test == 0 else PASS)
    assert (results["m"].status, results["m"].killed_by) == ("Killed", name(0))
    assert workers.runs() == [("m", (0, 1, 2, 3)), ("", (0,))]


def test_a_kill_in_company_is_proved_alone(run: Run) -> None:
    workers, results = run(lambda mutant, test, before: FAIL if mutant and test == 2 else PASS)
    assert (results["m"].status, results["m"].killed_by) == ("Killed", name(2))
    assert workers.runs() == [("m", (0, 1, 2, 3)), ("m", (2,)), ("", (2,))]


def test_a_test_that_fails_only_in_company_kills_nothing_and_the_others_still_run(run: Run) -> None:
    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        return FAIL if (test == 1 and 0 in before) or (mutant and test == 3) else PASS

    workers, results = run(behave)
    assert (results["m"].status, results["m"].killed_by) == ("Killed", name(3))
    assert workers.runs()[:3] == [("m", (0, 1, 2, 3)), ("m", (1,)), ("m", (2, 3))]


def test_a_test_that_fails_alone_on_the_original_kills_nothing(run: Run) -> None:
    workers, results = run(lambda mutant, test, before: FAIL if test == 1 else PASS)
    assert results["m"].status == "Survived"
    assert ("m", (2, 3)) in workers.runs()


def test_the_original_is_asked_once_for_each_killer(run: Run) -> None:
    mutants = [make_mutant(f"m{number}") for number in range(5)]
    workers, results = run(
        lambda mutant, test, before: FAIL if mutant and test == 1 else PASS, *mutants
    )
    assert {result.status for result in results.values()} == {"Killed"}
    assert workers.runs().count(("", (1,))) == 1


def test_the_last_killer_of_a_function_is_asked_first(run: Run) -> None:
    mutants = [make_mutant("m0"), make_mutant("m1"), make_mutant("m2", function="g")]
    workers, _ = run(lambda mutant, test, before: FAIL if mutant and test == 3 else PASS, *mutants)
    assert ("m1", (3, 0, 1, 2)) in workers.runs()
    assert ("m2", (3, 0, 1, 2)) in workers.runs()


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("timeout", "Timeout"),
        ("crash", "RuntimeError"),
        ("memory", "RuntimeError"),
        ("stopped", "RuntimeError"),
    ],
)
def test_a_bad_end_counts_when_it_comes_again_alone_and_the_original_has_none(
    run: Run, ending: str, status: str
) -> None:
    workers, results = run(lambda mutant, test, before: ending if mutant and test == 1 else PASS)
    assert (results["m"].status, results["m"].killed_by) == (status, name(1))
    assert results["m"].reason == f"it ended by {ending}"
    assert workers.runs() == [("m", (0, 1, 2, 3)), ("m", (1,)), ("", (1,))]
    assert workers.jobs[1].limits[0] > workers.jobs[0].limits[1]


def test_a_bad_end_that_does_not_come_again_counts_for_nothing(run: Run) -> None:
    _, results = run(lambda mutant, test, before: "timeout" if mutant and before else PASS)
    assert results["m"].status == "Survived"


def test_a_bad_end_of_the_original_too_counts_for_nothing(run: Run) -> None:
    _, results = run(lambda mutant, test, before: "crash" if test == 1 else PASS)
    assert results["m"].status == "Survived"


def test_a_timeout_that_fails_when_alone_is_a_kill(run: Run) -> None:
    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        if not mutant or test != 1:
            return PASS
        return "timeout" if before else FAIL

    _, results = run(behave)
    assert (results["m"].status, results["m"].reason) == ("Killed", "")


def test_a_mutant_that_cannot_be_put_in_place_is_unresolved_with_its_reason(run: Run) -> None:
    _, results = run(lambda mutant, test, before: "unswitched" if mutant else PASS)
    assert results["m"].status == "Pending"
    assert "no live function" in results["m"].reason


def test_a_worker_gets_the_text_of_the_function_as_it_becomes(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    source = "from __future__ import annotations\ndef f():\n    é = 1\n    return é\n"
    (tmp_path / "pkg/a.py").write_text(source, encoding="utf-8")
    start = source.encode().index(b"1")
    mutant = make_mutant("2 +\n 3", start=start, end=start + 1)
    from dataclasses import replace

    from gate.model import Unit

    edit = Edits(tmp_path).of(replace(mutant, unit=Unit("f", 2, 4, ())))
    assert edit["original"] == "def f():\n    é = 1\n    return é"
    assert edit["text"] == "def f():\n    é = 2 +\n 3\n    return é"
    assert edit["flags"] != 0
