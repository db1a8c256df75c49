"""Controls in real runs: who reacts to the machinery kills nothing, who swallows everything proves nothing.

Each module of tests/projects/controls is a cheat, or honest code that looks like one.
"""

from __future__ import annotations

import pytest
from laboratory import POLICY, Laboratory, Run

from gate.errors import ExitCode
from gate.mutate.controls import UNKNOWN_FILE, UNNOTICED

REACTING = {
    "tests/test_code.py::test_area_is_as_it_was_reviewed",
    "tests/test_environment.py::test_volume_where_nothing_is_mutated",
    "tests/test_constants.py::test_limit_where_imports_are_python_s_own",
}
EXPECTED = {
    ("lib/code.py", "area"): "Pending",
    ("lib/environment.py", "volume"): "Pending",
    ("lib/constants.py", ""): "Pending",
    ("lib/source.py", "half"): "Survived",
    ("lib/swallowed.py", "double"): "Pending",
    ("lib/swallowed.py", "triple"): "Survived",
    ("lib/effort.py", "announce"): "Survived",
    ("lib/effort.py", "report"): "Pending",
    ("lib/effort.py", "doubled"): "Killed",
    ("lib/effort.py", "tripled"): "Killed",
}


@pytest.fixture(scope="module")
def mutated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Laboratory, Run]:
    """All of them, mutated once: to be looked at, never to be changed."""
    laboratory = Laboratory(tmp_path_factory.mktemp("controls"))
    laboratory.add("controls")
    return laboratory, laboratory.mutate("lib")


@pytest.mark.parametrize(("path", "function"), EXPECTED)
def test_what_becomes_of_mutants_that_only_this_test_runs(
    mutated: tuple[Laboratory, Run], path: str, function: str
) -> None:
    found = [
        (mutant["status"], mutant["reason"])
        for mutant in mutated[1].mutants
        if (mutant["path"], mutant["function"]) == (path, function)
        and mutant["status"] != "Ignored"
    ]
    assert found
    status = EXPECTED[path, function]
    why = UNNOTICED if function else f"{UNKNOWN_FILE}none of its tests came to run under it"
    assert set(found) == {(status, why if status == "Pending" else "")}


def test_who_reacts_to_unchanged_code_is_named_and_so_many_make_the_run_inconclusive(
    mutated: tuple[Laboratory, Run],
) -> None:
    controls = mutated[1].document["mutation"]["controls"]
    assert {each["test"] for each in controls["failed"]} == REACTING
    assert all(each["kills"] for each in controls["failed"])
    assert controls["neutral"] > len(REACTING)
    told = mutated[1].messages("mutation.controls")
    assert [test for test in REACTING if test not in told] == []
    assert "mutation.controls" in mutated[1].forcing
    assert mutated[1].code in {ExitCode.FAIL, ExitCode.INCONCLUSIVE}


def test_functions_and_files_whose_raise_nobody_notices_are_listed(
    mutated: tuple[Laboratory, Run],
) -> None:
    controls = mutated[1].document["mutation"]["controls"]
    unresolved = {
        f"{path}::{name}"
        for (path, name), status in EXPECTED.items()
        if name and status == "Pending"
    }
    assert set(controls["unnoticed"]) == unresolved
    assert controls["unplaced"] == ["lib/constants.py"]
    open_ones = {
        f"{path}::{name}"
        for (path, name), status in EXPECTED.items()
        if status in ("Survived", "Pending")
    }
    assert controls["positive"] == len(open_ones)
    assert "Self-checks: " in mutated[1].output


def test_a_survivor_that_a_control_left_unresolved_is_so_again_when_run_alone(
    mutated: tuple[Laboratory, Run],
) -> None:
    laboratory, run = mutated
    mutants = run.mutants
    one = next(m["id"] for m in mutants if (m["function"], m["status"]) == ("double", "Pending"))
    shown = laboratory.tell("show", one, "--run", "--policy", POLICY)
    assert shown.code == 0, shown.output + shown.errors
    assert "Reproduced: unresolved" in shown.output
