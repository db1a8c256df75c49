from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

import pytest
from fake_workers import (
    FAIL,
    PASS,
    REFUSED,
    UNPLACED,
    ZYGOTE,
    Behaviour,
    FakeWorkers,
    make_import_mutant,
    make_mutant,
    test_name,
    write_source,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.model import DETECTED, Mutant, MutantResult
from gate.mutate.certificates import KILLS_PER_LOOK, LEAST_LOOKS
from gate.mutate.engine import FAILURES, MOST_DOUBTS, Engine
from gate.mutate.jobs import TIGHT_IMPORTS, WIDE_IMPORTS, Jobs
from gate.mutate.killers import Killers
from gate.mutate.plans import MutantPlan
from gate.supervise.jobs import Job

TESTS = 4
ALL = tuple(range(TESTS))
Results = dict[str, MutantResult]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_source(tmp_path)
    return tmp_path


def planned(*mutants: Mutant, importing: tuple[int, ...] = ()) -> list[MutantPlan]:
    """Plan mutants with all tests; those of import time have theirs before import."""
    return [
        MutantPlan(mutant, (), ALL)
        if mutant.moment == "import"
        else MutantPlan(mutant, ALL, importing)
        for mutant in mutants or (make_mutant(),)
    ]


def run(workers: FakeWorkers, *plans: MutantPlan, width: int = 1) -> Results:
    engine, heard = run_all(workers, list(plans) or planned(), width)
    assert engine.failure == ""
    return heard


def run_all(workers: FakeWorkers, plans: list[MutantPlan], width: int) -> tuple[Engine, Results]:
    seconds = dict.fromkeys(range(len(workers.items)), 0.1)
    jobs = Jobs(workers.collect(), (), seconds)
    engine = Engine(workers, jobs, Killers(), width)  # type: ignore[arg-type]
    return engine, {result.mutant.id: result for result in engine.run(plans)}


def under(*tests: int, answer: str = FAIL) -> Behaviour:
    """Let these tests fail under every mutant, and everything else pass."""
    return lambda mutant, test, before: answer if mutant and test in tests else PASS


def quiet(mutant: str, test: int, before: tuple[int, ...]) -> str:
    return PASS


def test_a_mutant_that_no_test_notices_survives(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, quiet)
    result = run(workers)["m"]
    assert result.status == "Survived"
    assert result.covered_by == tuple(map(test_name, range(TESTS)))
    assert workers.runs() == [("m", ALL)]


def test_a_kill_by_the_first_test_needs_only_the_other_half_of_its_certificate(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0))
    result = run(workers)["m"]
    assert (result.status, result.killed_by) == ("Killed", test_name(0))
    assert workers.runs()[:2] == [("m", ALL), ("", (0,))]


def test_a_kill_in_company_is_proved_alone(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(2))
    result = run(workers)["m"]
    assert (result.status, result.killed_by) == ("Killed", test_name(2))
    assert workers.runs()[:3] == [("m", ALL), ("", (2,)), ("m", (2,))]


def test_a_test_that_fails_only_in_company_kills_nothing_and_the_others_still_run(
    root: Path,
) -> None:
    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        return FAIL if (test == 1 and 0 in before) or (mutant and test == 3) else PASS

    workers = FakeWorkers(root, TESTS, behave)
    result = run(workers)["m"]
    assert (result.status, result.killed_by) == ("Killed", test_name(3))
    assert workers.runs()[:4] == [("m", ALL), ("", (1,)), ("m", (1,)), ("m", (2, 3))]


def test_a_test_that_fails_alone_on_the_original_kills_nothing(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, lambda mutant, test, before: FAIL if test == 1 else PASS)
    assert run(workers)["m"].status == "Survived"
    assert ("m", (2, 3)) in workers.runs()


def test_the_original_is_asked_once_for_each_killer(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(1))
    results = run(workers, *planned(*(make_mutant(f"m{number}") for number in range(5))))
    assert {result.status for result in results.values()} == {"Killed"}
    assert workers.kinds().count("neutral") == 1


def test_mutants_that_wait_for_the_same_killer_share_what_the_original_says(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(1))
    results = run(workers, *planned(*(make_mutant(f"m{n}") for n in range(8))), width=8)
    assert {result.status for result in results.values()} == {"Killed"}
    assert workers.kinds().count("neutral") == 1


def test_the_last_killer_of_a_function_is_asked_first(root: Path) -> None:
    mutants = [make_mutant("m0"), make_mutant("m1"), make_mutant("m2", function="g")]
    workers = FakeWorkers(root, TESTS, under(3))
    run(workers, *planned(*mutants))
    assert ("m1", (3, 0, 1, 2)) in workers.runs()
    assert ("m2", (3, 0, 1, 2)) in workers.runs()


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("timeout", "Timeout"),
        ("crash", "RuntimeError"),
        ("memory", "RuntimeError"),
        ("output", "RuntimeError"),
        ("protocol", "RuntimeError"),
        ("stopped", "RuntimeError"),
    ],
)
def test_a_bad_end_counts_when_it_comes_again_alone_and_the_original_has_none(
    root: Path, ending: str, status: str
) -> None:
    workers = FakeWorkers(root, TESTS, under(1, answer=ending))
    result = run(workers)["m"]
    assert (result.status, result.killed_by) == (status, test_name(1))
    assert result.reason == f"it ended by {ending}"
    assert workers.runs()[:3] == [("m", ALL), ("", (1,)), ("m", (1,))]
    assert workers.jobs[2].limits[1] > workers.jobs[0].limits[1]


def test_a_test_that_is_slow_alone_has_as_much_time_on_the_mutant(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(1, answer="timeout"))
    run(workers)
    original, alone = workers.jobs[1:3]
    assert (original.limits, alone.items) == ({}, (1,))
    # Half a second alone, a tenth of one in the suite.
    assert alone.limits[1] == 3.0 + 30 * 0.5


def test_a_bad_end_of_the_first_test_is_proved_alone_too(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0, answer="timeout"))
    assert run(workers)["m"].status == "Timeout"
    assert workers.kinds()[:3] == ["mutant", "neutral", "alone"]


def test_a_bad_end_that_does_not_come_again_counts_for_nothing(root: Path) -> None:
    workers = FakeWorkers(
        root, TESTS, lambda mutant, test, before: "timeout" if mutant and before else PASS
    )
    assert run(workers)["m"].status == "Survived"
    # It is a slow one, which has more time for the tests that are left.
    assert workers.runs()[2:4] == [("m", (1,)), ("m", (2, 3))]
    assert workers.jobs[3].limits[2] > workers.jobs[0].limits[2]


def test_a_bad_end_of_the_original_too_counts_for_nothing(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, lambda mutant, test, before: "crash" if test == 1 else PASS)
    assert run(workers)["m"].status == "Survived"


def test_a_timeout_that_fails_when_alone_is_a_kill(root: Path) -> None:
    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        if not mutant or test != 1:
            return PASS
        return "timeout" if before else FAIL

    result = run(FakeWorkers(root, TESTS, behave))["m"]
    assert (result.status, result.reason) == ("Killed", "")


def test_a_mutant_under_which_no_test_came_to_its_end_has_not_survived(root: Path) -> None:
    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        return "crash" if mutant else FAIL

    result = run(FakeWorkers(root, TESTS, behave))["m"]
    assert (result.status, result.killed_by) == ("Pending", None)
    assert "none of its tests" in result.reason


def test_code_that_runs_at_import_is_mutated_before_import(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(1))
    result = run(workers, *planned(make_import_mutant()))["m"]
    assert (result.status, result.killed_by) == ("Killed", test_name(1))
    assert workers.kinds()[:3] == ["mutant at import", "neutral at import", "alone at import"]
    job = workers.jobs[0]
    assert job.tests == (test_name(0), test_name(1))
    configured = (f"--rootdir={root}", "-c", f"{root}/setup.cfg")
    assert job.arguments[:4] == (f"{root}/tests/test_a.py", *configured)
    assert len(workers.jobs[1].tests) == 1


def test_what_importing_takes_on_the_original_limits_it_on_the_mutant(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(1))
    workers.imports = 0.25
    run(workers, *planned(make_import_mutant()))
    first, neutral, alone = workers.jobs[:3]
    assert (first.imports, neutral.imports) == (TIGHT_IMPORTS[0], None)
    assert alone.imports == WIDE_IMPORTS[0] + WIDE_IMPORTS[1] * 0.25


def test_before_import_the_other_test_files_come_when_the_first_has_passed(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(3))
    assert run(workers, *planned(make_import_mutant()))["m"].killed_by == test_name(3)
    assert workers.runs()[:4] == [("m", (0, 1)), ("m", (2, 3)), ("", (3,)), ("m", (3,))]


def test_a_kill_before_import_is_proved_without_the_other_test_files(root: Path) -> None:
    workers = FakeWorkers(root, 6, under(2))
    plan = MutantPlan(make_import_mutant(), (), (0, 1, 2, 3, 4, 5))
    assert run(workers, plan)["m"].killed_by == test_name(2)
    assert workers.runs()[:4] == [("m", (0, 1)), ("m", (2, 3, 4, 5)), ("", (2,)), ("m", (2,))]
    assert workers.jobs[3].arguments[:2] == (f"{root}/tests/test_b.py", f"--rootdir={root}")


def test_a_kill_before_import_by_the_first_test_of_one_file_is_alone_already(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0))
    run(workers, MutantPlan(make_import_mutant(), (), (0, 1)))
    assert workers.kinds()[:2] == ["mutant at import", "neutral at import"]


@pytest.mark.parametrize("replacement", ["return", "(", "1 = 2", "\0", "0777"])
def test_an_import_mutant_that_does_not_compile_costs_no_job(root: Path, replacement: str) -> None:
    workers = FakeWorkers(root, TESTS, quiet)
    result = run(workers, *planned(make_import_mutant("c", replacement=replacement)))["c"]
    assert result.status == "CompileError"
    assert result.reason
    assert workers.jobs == []


def test_a_mutant_that_live_functions_cannot_carry_goes_before_import(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0, answer=UNPLACED), at_import=under(2))
    result = run(workers)["m"]
    assert (result.status, result.killed_by) == ("Killed", test_name(2))
    assert workers.kinds()[:2] == ["mutant", "mutant at import"]


def test_going_before_import_it_meets_all_the_tests_that_can_notice_it(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0, answer=UNPLACED), at_import=under(3))
    result = run(workers, MutantPlan(make_mutant(), (0,), ALL))["m"]
    assert (result.status, result.killed_by) == ("Killed", test_name(3))


def test_a_mutant_that_can_be_put_in_place_nowhere_is_unresolved_with_its_reason(
    root: Path,
) -> None:
    workers = FakeWorkers(root, TESTS, under(0, answer=UNPLACED))
    result = run(workers)["m"]
    assert result.status == "Pending"
    assert result.reason == "it could not be put in place: no live function"
    assert workers.kinds() == ["mutant", "mutant at import"]


def test_a_mutant_that_fails_to_compile_once_put_in_place_is_a_compile_error(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0, answer=UNPLACED))
    assert run(workers, *planned(make_mutant("m", replacement="(")))["m"].status == "CompileError"
    assert workers.kinds() == ["mutant"]


def test_what_runs_at_import_too_is_tried_there_alone(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0), at_import=under(3))
    result = run(workers, *planned(importing=(2, 3)))["m"]
    assert (result.status, result.killed_by) == ("Killed", test_name(3))
    assert workers.runs()[0] == ("m", (2, 3))
    assert {kind.partition(" ")[2] for kind in workers.kinds()} == {"at import"}


def test_what_is_imported_before_any_change_is_killed_among_live_functions_or_unresolved(
    root: Path,
) -> None:
    for answer, expected in (
        (under(1), ("Killed", "")),
        (quiet, ("Pending", "it could not be put in place: no live function")),
    ):
        workers = FakeWorkers(root, TESTS, answer, at_import=lambda *_: UNPLACED)
        result = run(workers, *planned(importing=(2, 3)))["m"]
        assert (result.status, result.reason) == expected
        assert workers.kinds()[:2] == ["mutant at import", "mutant"]


def test_what_runs_at_import_alone_and_is_imported_before_any_change_is_unresolved(
    root: Path,
) -> None:
    workers = FakeWorkers(root, TESTS, under(0), at_import=lambda *_: UNPLACED)
    result = run(workers, MutantPlan(make_import_mutant(), (), ALL))["m"]
    assert (result.status, workers.kinds()) == ("Pending", ["mutant at import"])


def test_what_neither_a_live_function_nor_an_import_can_carry_is_unresolved(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0, answer=UNPLACED), at_import=lambda *_: UNPLACED)
    result = run(workers, *planned(importing=(2, 3)))["m"]
    assert (result.status, workers.kinds()) == ("Pending", ["mutant at import", "mutant"])


def test_a_kill_among_live_functions_is_none_where_the_test_passes_at_import(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(2), at_import=quiet)
    assert run(workers, *planned(importing=(2, 3)))["m"].status == "Survived"
    assert workers.kinds() == ["mutant at import"]


def read_early() -> MutantPlan:
    """Plan a default whose function test 0 ran; 2 and 3 import it as well."""
    mutant = make_mutant(moment="default", parameter="a", default="2")
    return MutantPlan(mutant, (0,), afterwards=(0, 2, 3))


def test_a_default_that_survives_among_live_functions_is_tried_before_import(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, quiet, at_import=under(3))
    result = run(workers, read_early())["m"]
    assert (result.status, result.killed_by) == ("Killed", test_name(3))
    assert workers.runs()[:3] == [("m", (0,)), ("m", (0,)), ("m", (2, 3))]
    assert workers.kinds()[:3] == ["mutant", "mutant at import", "mutant at import"]
    assert run(FakeWorkers(root, TESTS, quiet), read_early())["m"].status == "Survived"


def test_a_default_that_is_killed_among_live_functions_is_tried_nowhere_else(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0))
    assert run(workers, read_early())["m"].status == "Killed"
    assert not any("import" in kind for kind in workers.kinds())


def test_a_default_that_cannot_be_made_again_is_tried_by_all_that_import_it(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0, answer=UNPLACED), at_import=under(2))
    result = run(workers, read_early())["m"]
    assert (result.status, result.killed_by) == ("Killed", test_name(2))


def test_what_no_test_calls_is_still_mutated_at_import(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, quiet, at_import=under(1))
    assert run(workers, MutantPlan(make_mutant(), (), (1,)))["m"].status == "Killed"


def test_a_survivor_that_cannot_be_tried_at_import_is_unresolved(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, quiet, at_import=lambda *_: "stopped")
    result = run(workers, *planned(importing=(2, 3)))["m"]
    assert (result.status, result.killed_by) == ("Pending", None)


def test_a_failed_import_under_the_mutant_alone_is_detected_with_its_reason(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0, answer="stopped"))
    result = run(workers, *planned(make_import_mutant()))["m"]
    assert (result.status, result.killed_by) == ("RuntimeError", test_name(0))
    assert result.reason == "it ended by stopped"
    assert workers.runs()[:3] == [("m", (0, 1)), ("", (0,)), ("m", (0,))]


def test_a_test_that_cannot_run_before_import_kills_nothing(root: Path) -> None:
    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        return "stopped" if test == 0 else PASS

    workers = FakeWorkers(root, TESTS, behave)
    assert run(workers, *planned(make_import_mutant()))["m"].status == "Survived"
    # Unchanged code, then the bare original: it cannot be run on either.
    asked = [("", (0,)), ("", (0,))]
    assert workers.runs() == [("m", (0, 1)), *asked, ("m", (1,)), ("m", (2, 3))]


def test_a_route_that_runs_no_test_is_given_up_after_some(root: Path) -> None:
    workers = FakeWorkers(root, 20, lambda mutant, test, before: "stopped")
    plan = MutantPlan(make_import_mutant(), (), tuple(range(20)))
    result = run(workers, plan)["m"]
    assert result.status == "Pending"
    assert result.reason.startswith("its tests cannot be run before import: ")
    assert len(workers.jobs) < 10


def test_a_mutant_that_many_tests_fail_under_but_none_alone_is_given_up(root: Path) -> None:
    tests = 3 * MOST_DOUBTS

    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        return FAIL if mutant and before else PASS

    workers = FakeWorkers(root, tests, behave)
    plan = MutantPlan(make_mutant(), tuple(range(tests)))
    result = run(workers, plan)["m"]
    assert result.status == "Pending"
    assert result.reason == f"{MOST_DOUBTS} tests fail under it in company and pass alone"


@pytest.mark.parametrize("mutant", [make_mutant(), make_import_mutant()])
def test_a_test_that_never_came_to_run_on_the_original_kills_nothing(
    root: Path, mutant: Mutant
) -> None:
    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        return (FAIL if mutant else UNPLACED) if test == 0 else PASS

    result = run(FakeWorkers(root, TESTS, behave), *planned(mutant))["m"]
    assert (result.status, result.killed_by) == ("Survived", None)


def test_where_no_test_can_run_before_import_the_mutant_is_unresolved(root: Path) -> None:
    result = run(FakeWorkers(root, TESTS, lambda *_: "stopped"), *planned(make_import_mutant()))
    assert (result["m"].status, result["m"].killed_by) == ("Pending", None)


def test_a_failure_by_the_guard_alone_is_no_kill(root: Path) -> None:
    result = run(FakeWorkers(root, TESTS, under(1, answer=REFUSED)))["m"]
    assert (result.status, result.killed_by) == ("Pending", None)
    assert result.reason == (
        f"{test_name(1)} fails only because mutants may not write there (PermissionError: /elsewhere/x.txt)"
    )


def caged(*tests: int) -> Behaviour:
    """Let these tests be refused something with and without a mutant, and everything else pass."""
    return lambda mutant, test, before: REFUSED if test in tests else PASS


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("make", [make_mutant, make_import_mutant])
def test_a_test_that_is_refused_on_the_original_is_looked_at_once_for_all_mutants(
    root: Path, width: int, make: Callable[[str], Mutant]
) -> None:
    workers = FakeWorkers(root, TESTS, caged(0, 2))
    plans = planned(*(make(f"m{number}") for number in range(9)))
    engine, results = run_all(workers, plans, width)
    assert {result.status for result in results.values()} == {"Survived"}
    assert {result.reason.partition(":")[0] for result in results.values()} == {
        "2 of its 4 tests took no part"
    }
    looks = [job.items for job in workers.jobs if not job.name.startswith("mutant")]
    assert sorted(looks) == [(0,), (2,)]
    # No mutant that is begun later runs one of them.
    assert workers.runs()[-1][1] in (ALL[1::2], ALL[3:])
    (note,) = engine.caged.notes()
    assert note.startswith(f"2 tests write outside of the temporary folder (first {test_name(0)}: ")


def test_a_refused_test_is_no_failed_control(root: Path) -> None:
    engine, _ = run_all(FakeWorkers(root, TESTS, caged(0)), planned(), 1)
    assert engine.control_run().failed == ()


def test_a_mutant_all_of_whose_tests_are_refused_is_unresolved(root: Path) -> None:
    results = run(
        FakeWorkers(root, TESTS, caged(*ALL)), *planned(make_mutant("a"), make_mutant("b"))
    )
    assert {result.status for result in results.values()} == {"Pending"}
    told = f"all of its 4 tests took no part: {test_name(0)} writes outside of the temporary folder"
    assert all(result.reason.startswith(told) for result in results.values())


def test_another_test_may_still_kill_beside_a_refused_one(root: Path) -> None:
    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        return REFUSED if test == 0 else FAIL if mutant and test == 2 else PASS

    results = run(FakeWorkers(root, TESTS, behave), *planned(make_mutant("a"), make_mutant("b")))
    assert {result.killed_by for result in results.values()} == {test_name(2)}


def test_a_test_that_fails_alone_on_the_original_takes_no_part_either(root: Path) -> None:
    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        return FAIL if test == 0 else PASS

    workers = FakeWorkers(root, TESTS, behave)
    engine, results = run_all(workers, planned(make_mutant("a"), make_mutant("b")), 1)
    assert {result.status for result in results.values()} == {"Survived"}
    assert [items for name, items in workers.runs() if name == "b"] == [(1, 2, 3)]
    (note,) = engine.caged.notes()
    assert note.startswith(
        "1 test passes in the suite and fails alone, with unchanged code, where "
    )


@pytest.mark.parametrize("answer", [FAIL, REFUSED])
def test_where_every_test_is_asked_for_none_survives_that_one_may_notice(
    root: Path, answer: str
) -> None:
    workers = FakeWorkers(root, TESTS, lambda mutant, test, before: answer if test == 0 else PASS)
    jobs = Jobs(workers.collect(), (), {})
    engine = Engine(workers, jobs, Killers(), 1, every=True)  # type: ignore[arg-type]
    (result,) = engine.run(planned())
    assert result.status == "Pending"
    assert result.reason.startswith(f"1 of its 4 tests took no part: {test_name(0)} ")


def test_another_test_may_still_kill_after_a_failure_by_the_guard(root: Path) -> None:
    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        return {0: REFUSED, 2: FAIL}.get(test, PASS) if mutant else PASS

    result = run(FakeWorkers(root, TESTS, behave))["m"]
    assert (result.status, result.killed_by) == ("Killed", test_name(2))


def test_looks_are_a_small_part_of_the_kills_and_go_to_those_who_killed_most(root: Path) -> None:
    tests = 4 * LEAST_LOOKS

    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        return FAIL if mutant and test == int(mutant[1:]) % tests else PASS

    workers = FakeWorkers(root, tests, behave)
    mutants = [make_mutant(f"m{number}") for number in (*range(tests), 7 + tests, 7 + 2 * tests)]
    results = run(workers, *(MutantPlan(each, tuple(range(tests))) for each in mutants))
    assert {result.status for result in results.values()} == {"Killed"}
    looks = [job.items for job in workers.jobs if job.name.startswith("again")]
    assert len(looks) == LEAST_LOOKS
    assert looks[0] == (7,)


LOOKS = [(1, 1), (KILLS_PER_LOOK, 1), (KILLS_PER_LOOK + 1, 2), (2 * KILLS_PER_LOOK + 1, 3)]


@pytest.mark.parametrize(("kills", "looks"), LOOKS)
def test_killers_run_again_at_the_end_the_more_often_the_more_they_killed(
    root: Path, kills: int, looks: int
) -> None:
    workers = FakeWorkers(root, TESTS, under(1))
    run(workers, *planned(*(make_mutant(f"m{number}") for number in range(kills))), width=2)
    assert workers.kinds().count("again") == looks
    assert workers.kinds()[-looks:] == ["again"] * looks
    assert {tests for mutant, tests in workers.runs() if not mutant} == {(1,)}


def flaky(from_look: int, test: int = 1) -> Behaviour:
    """Let a test fail under every mutant, and on the original from its n-th run on."""
    looks = count(1)

    def behave(mutant: str, each: int, before: tuple[int, ...]) -> str:
        if each != test:
            return FAIL if mutant == "other" and each == 3 else PASS
        return FAIL if mutant or next(looks) >= from_look else PASS

    return behave


@pytest.mark.parametrize("width", [1, 2])
def test_a_killer_that_fails_on_the_original_at_the_end_loses_all_its_kills(
    root: Path, width: int
) -> None:
    mutants = [make_mutant(f"m{number}") for number in range(KILLS_PER_LOOK + 1)]
    workers = FakeWorkers(root, TESTS, flaky(3))
    engine, results = run_all(workers, planned(*mutants, make_mutant("other")), width)
    assert engine.failure == ""
    assert {results[mutant.id].status for mutant in mutants} == {"Survived"}
    assert {results[mutant.id].killed_by for mutant in mutants} == {None}
    assert results["other"].killed_by == test_name(3)


@pytest.mark.parametrize("width", [1, 2, 8])
def test_a_killer_that_failed_once_on_the_original_kills_nowhere_any_more(
    root: Path, width: int
) -> None:
    # Its second look fails, all others pass: what failed once has failed.
    looks = count(1)

    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        if test != 1:
            return PASS
        return FAIL if mutant or next(looks) == 2 else PASS

    mutants = [make_mutant(f"m{number}") for number in range(2 * KILLS_PER_LOOK + 1)]
    workers = FakeWorkers(root, TESTS, behave)
    results = run(workers, *planned(*mutants, importing=(1, 2)), width=width)
    assert {result.status for result in results.values()} == {"Survived"}


@pytest.mark.parametrize("width", [1, 2])
def test_a_killer_that_is_red_on_one_route_keeps_its_kills_on_the_other(
    root: Path, width: int
) -> None:
    workers = FakeWorkers(
        root, TESTS, lambda mutant, test, before: FAIL if test == 2 else PASS, at_import=under(2)
    )
    plans = [MutantPlan(make_import_mutant("i"), (), (2,)), MutantPlan(make_mutant(), (2,), (0,))]
    results = run(workers, *plans, width=width)
    assert (results["i"].status, results["i"].killed_by) == ("Killed", test_name(2))
    assert results["m"].status == "Survived"


def test_kills_at_import_are_looked_at_again_at_import(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, quiet, at_import=flaky(2))
    result = run(workers, *planned(make_import_mutant()))["m"]
    assert result.status == "Survived"
    assert "again at import" in workers.kinds()


def noticing(*tests: int, answer: str = FAIL) -> Behaviour:
    """Let these tests fail when unchanged code is put in place."""
    return lambda mutant, test, before: answer if test in tests else PASS


def test_the_original_half_of_a_certificate_has_unchanged_code_put_in_place(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(2))
    engine, _ = run_all(workers, planned(), 1)
    mutant, neutral, alone = (job.edit for job in workers.jobs[:3])
    assert mutant is not None
    assert neutral is not None
    assert alone == mutant
    assert neutral.keys() == mutant.keys()
    assert neutral["text"] != neutral["original"] == mutant["original"]
    told = engine.control_run()
    assert (told.neutral, told.failed, told.positive) == (2, (), 0)


def test_before_import_unchanged_code_is_put_into_the_file(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0))
    run(workers, *planned(make_import_mutant()))
    mutant, neutral = (job.edit for job in workers.jobs[:2])
    assert mutant is not None
    assert neutral is not None
    assert neutral.keys() == mutant.keys()
    assert (neutral["moment"], neutral["start"]) == ("import", neutral["end"])


@pytest.mark.parametrize("width", [1, 2, 8])
@pytest.mark.parametrize("answer", [FAIL, "crash", "timeout"])
def test_a_test_that_notices_unchanged_code_kills_nothing_and_is_named(
    root: Path, width: int, answer: str
) -> None:
    workers = FakeWorkers(root, TESTS, under(0), neutral=noticing(0, answer=answer))
    engine, results = run_all(workers, planned(make_mutant("m0"), make_mutant("m1")), width)
    assert {result.status for result in results.values()} == {"Survived"}
    told = engine.control_run()
    assert [(each.test, each.kills) for each in told.failed] == [(test_name(0), 2)]
    assert told.neutral == 1
    assert workers.kinds().count("original") == 1


def test_the_tests_after_one_that_notices_unchanged_code_still_kill(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0, 2), neutral=noticing(0))
    assert run(workers)["m"].killed_by == test_name(2)


def test_a_test_that_fails_on_the_bare_original_too_is_not_said_to_notice_anything(
    root: Path,
) -> None:
    workers = FakeWorkers(root, TESTS, lambda mutant, test, before: FAIL if test == 1 else PASS)
    engine, results = run_all(workers, planned(), 1)
    assert results["m"].status == "Survived"
    assert engine.control_run().failed == ()


def test_a_killer_that_notices_unchanged_code_at_the_end_loses_all_its_kills(root: Path) -> None:
    looks = count(1)

    def second(mutant: str, test: int, before: tuple[int, ...]) -> str:
        return FAIL if next(looks) == 2 else PASS

    workers = FakeWorkers(root, TESTS, under(1), neutral=second)
    mutants = [make_mutant(f"m{number}") for number in range(5)]
    engine, results = run_all(workers, planned(*mutants), 2)
    assert {result.status for result in results.values()} == {"Survived"}
    assert [(each.test, each.kills) for each in engine.control_run().failed] == [(test_name(1), 5)]


def test_kills_are_void_though_the_bare_original_cannot_be_asked_any_more(root: Path) -> None:
    looks = count(1)
    workers = FakeWorkers(
        root,
        TESTS,
        under(1),
        neutral=lambda mutant, test, before: FAIL if next(looks) == 2 else PASS,
        refuse=lambda job: job.name.startswith("original"),
    )
    assert run(workers)["m"].status == "Survived"


def test_where_unchanged_code_cannot_be_put_in_place_the_bare_original_decides(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(0), neutral=lambda *_: UNPLACED)
    engine, results = run_all(workers, planned(), 1)
    assert results["m"].status == "Killed"
    assert workers.runs()[:3] == [("m", ALL), ("", (0,)), ("", (0,))]
    assert (engine.control_run().neutral, engine.control_run().failed) == (0, ())


def test_unchanged_code_that_cannot_be_imported_voids_what_the_import_of_mutants_breaks(
    root: Path,
) -> None:
    workers = FakeWorkers(root, TESTS, under(0, answer="stopped"), neutral=lambda *_: "stopped")
    engine, results = run_all(workers, planned(make_import_mutant()), 1)
    assert results["m"].status == "Survived"
    assert [each.test for each in engine.control_run().failed] == [test_name(0)]


def test_a_later_result_replaces_an_earlier_one_of_the_same_mutant(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, flaky(2))
    jobs = Jobs(workers.collect(), (), {})
    engine = Engine(workers, jobs, Killers(), 1)  # type: ignore[arg-type]
    assert [result.status for result in engine.run(planned())] == ["Killed", "Survived"]


@pytest.mark.parametrize("width", [1, 2, 8])
def test_where_no_worker_starts_the_engine_gives_up_after_three_times(
    root: Path, width: int
) -> None:
    workers = FakeWorkers(root, TESTS, quiet, refuse=lambda job: True)
    plans = planned(*(make_mutant(f"m{number}") for number in range(9)))
    engine, results = run_all(workers, plans, width)
    assert engine.failure == "no worker could be started: no zygote"
    assert FAILURES == 3
    assert [result.status for result in results.values()] == ["Pending"] * 3
    assert {result.reason for result in results.values()} == {engine.failure}


def test_a_worker_that_cannot_be_started_once_costs_one_mutant(root: Path) -> None:
    refused = iter([True])
    workers = FakeWorkers(root, TESTS, under(1), refuse=lambda job: next(refused, False))
    results = run(workers, *planned(*(make_mutant(f"m{number}") for number in range(4))))
    statuses = sorted(result.status for result in results.values())
    assert statuses == ["Killed", "Killed", "Killed", "Pending"]


@pytest.mark.parametrize("width", [1, 2, 8])
def test_without_a_fork_point_before_import_the_others_still_run(root: Path, width: int) -> None:
    asked: list[Job] = []

    def refuse(job: Job) -> bool:
        asked.extend([job] if job.at_import else [])
        return job.at_import

    workers = FakeWorkers(root, TESTS, under(1), refuse=refuse)
    at_import = [make_import_mutant(f"i{number}") for number in range(20)]
    results = run(workers, *planned(*at_import, make_mutant("m")), width=width)
    assert results["m"].status == "Killed"
    assert {results[each.id].status for each in at_import} == {"Pending"}
    # Each try may take as long as a collection.
    assert len(asked) == FAILURES


@pytest.mark.parametrize("kind", ["alone", "neutral"])
def test_a_certificate_that_cannot_be_had_leaves_the_mutant_unresolved(
    root: Path, kind: str
) -> None:
    refused = iter([True])

    def refuse(job: Job) -> bool:
        return job.name.startswith(kind) and next(refused, False)

    workers = FakeWorkers(root, TESTS, under(1), refuse=refuse)
    results = run(workers, *planned(make_mutant("m0"), make_mutant("m1")))
    assert (results["m0"].status, results["m0"].killed_by) == ("Pending", None)
    assert results["m1"].status == "Killed"


def test_kills_taken_back_when_no_worker_starts_any_more_do_not_stand(root: Path) -> None:
    behave = flaky(2)
    workers = FakeWorkers(root, TESTS, behave)
    workers._refuse = lambda job: "again" in workers.kinds()  # type: ignore[assignment]
    engine, results = run_all(workers, planned(*(make_mutant(f"m{n}") for n in range(9))), 1)
    assert engine.failure
    assert {result.status for result in results.values()} == {"Pending"}
    assert {result.reason for result in results.values()} == {engine.failure}


@pytest.mark.parametrize("width", [1, 2, 8])
def test_a_mutant_that_kills_the_zygote_costs_the_others_nothing(root: Path, width: int) -> None:
    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        if mutant == "fatal":
            return ZYGOTE if test == 0 else PASS
        return FAIL if mutant.startswith("k") and test == 2 else PASS

    names = ["k0", "s0", "fatal", "s1", "k1", "s2", "k2"]
    workers = FakeWorkers(root, TESTS, behave)
    results = run(workers, *planned(*map(make_mutant, names)), width=width)
    assert {name: result.status for name, result in results.items()} == {
        **{name: "Killed" for name in names if name.startswith("k")},
        **{name: "Survived" for name in names if name.startswith("s")},
        "fatal": "RuntimeError",
    }


def test_what_the_supervisor_ends_while_it_starts_another_is_heard(root: Path) -> None:
    workers = EndsAtOnce(root, TESTS, under(1))
    assert run(workers)["m"].status == "Pending"
    assert workers.kinds() == ["mutant", "mutant at import"]


class EndsAtOnce(FakeWorkers):
    """Every job is over, for want of a lane, before `submit` returns."""

    def submit(self, job: Job) -> None:
        super().submit(job)
        self._queue.pop()
        self._pending += self._bad_end(job, job.items[0], UNPLACED)


def test_no_more_jobs_are_under_way_than_asked_for(root: Path) -> None:
    workers = FakeWorkers(root, TESTS, under(1))
    run(workers, *planned(*(make_mutant(f"m{number}") for number in range(40))), width=3)
    assert workers.most_running == 3


ANSWERS = (PASS, FAIL, "timeout", "crash", "memory", "stopped", UNPLACED, ZYGOTE, "orphaned")
World = Mapping[tuple[str, int, bool], str]
Plan = tuple[str, bool, tuple[int, ...], tuple[int, ...]]


@st.composite
def plans_of(draw: st.DrawFn) -> list[MutantPlan]:
    """Up to five mutants of either kind, with any tests that can notice them."""
    some = st.lists(st.sampled_from(ALL), unique=True, max_size=3).map(tuple)
    plans = []
    for number in range(draw(st.integers(1, 5))):
        tests, importing = draw(some), draw(some)
        if not tests and not importing:
            importing = (0,)
        if draw(st.booleans()):
            tests = tests or importing
            plans.append(MutantPlan(make_mutant(f"m{number}"), tests, importing))
        else:
            plans.append(MutantPlan(make_import_mutant(f"m{number}"), (), importing or tests))
    return plans


def behaviour(world: World, *, at_import: bool, odds: random.Random | None = None) -> Behaviour:
    def behave(mutant: str, test: int, before: tuple[int, ...]) -> str:
        if odds is not None and odds.random() < 0.2:
            return odds.choice(ANSWERS)
        return world.get((mutant, test, at_import), PASS)

    return behave


def worlds(answers: tuple[str, ...], original: tuple[str, ...]) -> st.SearchStrategy[World]:
    tests, routes = st.sampled_from(ALL), st.booleans()
    under_mutants = st.dictionaries(
        st.tuples(st.sampled_from([f"m{n}" for n in range(5)]), tests, routes),
        st.sampled_from(answers),
        max_size=20,
    )
    bare = st.dictionaries(
        st.tuples(st.just(""), tests, routes), st.sampled_from(original), max_size=4
    )
    return st.builds(lambda one, other: {**one, **other}, under_mutants, bare)


FAST = settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FAST
@given(
    plans=plans_of(),
    world=worlds(ANSWERS, ANSWERS),
    width=st.sampled_from([1, 2, 8]),
    seed=st.none() | st.integers(0, 99),
    refusals=st.sets(st.integers(0, 30), max_size=6),
)
def test_every_plan_has_one_result_and_every_kill_a_sound_killer_whatever_happens(
    root: Path,
    plans: list[MutantPlan],
    world: World,
    width: int,
    seed: int | None,
    refusals: set[int],
) -> None:
    odds = None if seed is None else random.Random(seed)
    numbers = count()
    workers = FakeWorkers(
        root,
        TESTS,
        behaviour(world, at_import=False, odds=odds),
        behaviour(world, at_import=True, odds=odds),
        refuse=lambda job: next(numbers) in refusals,
    )
    engine, results = run_all(workers, plans, width)
    begun = {plan.mutant.id for plan in plans}
    assert set(results) <= begun
    assert set(results) == begun or engine.failure
    for result in results.values():
        assert (result.status in DETECTED) == (result.killed_by is not None)
        assert result.status in {*DETECTED, "Survived", "Pending"}
        if result.killed_by is not None and odds is None:
            killer = int(result.killed_by.rpartition("_")[2])
            routes = [at_import for at_import in (False, True) if killed(world, result, at_import)]
            assert any(world.get(("", killer, route), PASS) == PASS for route in routes)
    assert not workers.running


def killed(world: World, result: MutantResult, at_import: bool) -> bool:
    killer = int((result.killed_by or "").rpartition("_")[2])
    answer = world.get((result.mutant.id, killer, at_import), PASS)
    return answer not in (PASS, UNPLACED)


@FAST
@given(
    plans=plans_of(),
    detected=st.sampled_from([FAIL, "timeout", "crash", ZYGOTE]),
    data=st.data(),
)
def test_a_deterministic_world_gives_the_same_statuses_at_every_width(
    root: Path, plans: list[MutantPlan], detected: str, data: st.DataObject
) -> None:
    world = data.draw(worlds((PASS, detected), (PASS, FAIL, "crash")))
    seen = []
    for width in (1, 2, 8):
        workers = FakeWorkers(
            root, TESTS, behaviour(world, at_import=False), behaviour(world, at_import=True)
        )
        engine, results = run_all(workers, plans, width)
        assert engine.failure == ""
        seen.append({name: result.status for name, result in results.items()})
    assert seen[0] == seen[1] == seen[2]
