"""Whatever a mutant does to its own process: the run ends, leaves nothing behind, kills nothing unjustly.

The laboratory looks for processes, at the tree and at the home folder after each run; the tests here name
what became of the mutant that misbehaves, and of those beside it.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from typing import Any

import pytest
from laboratory import PROJECTS, Laboratory, Run

from gate.errors import ExitCode
from gate.supervise.watch import can_watch

FAULTS = PROJECTS / "mutant_faults"
EXPECTED = {
    file.parent.name: tomllib.loads(file.read_text(encoding="utf-8"))
    for file in sorted(FAULTS.glob("*/expect.toml"))
}
# Of lib/neighbours.py: what the tests look at, and what they do not.
NEIGHBOURS = {
    "width * height → width / height": "Killed",
    "width + height → width - height": "Survived",
}


def run_fault(laboratory: Laboratory, case: str) -> Run:
    """Mutate a subject in which one mutant misbehaves; unmutated, all of its tests pass."""
    laboratory.add("mutant_faults/neighbours")
    for name, folder in (("fault.py", "lib"), ("test_fault.py", "tests")):
        shutil.copy(FAULTS / case / name, laboratory.root / folder / name)
    run = laboratory.mutate("lib")
    assert run.code in {ExitCode.PASS, ExitCode.FAIL, ExitCode.INCONCLUSIVE}, run.errors
    assert run.not_passed == {}
    return run


@pytest.mark.parametrize("case", EXPECTED)
def test_a_mutant_that_misbehaves_is_judged_and_costs_its_neighbours_nothing(
    laboratory: Laboratory, case: str
) -> None:
    run = run_fault(laboratory, case)
    for expected in EXPECTED[case]["mutant"]:
        keys = expected.keys() - {"allowed"}
        found = [
            mutant
            for mutant in mutants(run, "lib/fault.py")
            if all(mutant[key] == expected[key] for key in keys)
        ]
        assert found, f"no mutant is {expected}"
        wrong = [told(mutant) for mutant in found if mutant["status"] not in expected["allowed"]]
        assert not wrong, f"expected {expected['allowed']}: {wrong}"
    beside = {change(mutant): mutant["status"] for mutant in mutants(run, "lib/neighbours.py")}
    assert {name: beside[name] for name in NEIGHBOURS} == NEIGHBOURS
    before = {mutant["status"] for mutant in mutants(run, "lib/arithmetic.py")}
    assert before == {"Killed"}


@pytest.mark.skipif(not can_watch(), reason="this platform does not show processor time")
@pytest.mark.parametrize(("case", "computes"), [("loops_for_ever", True), ("hangs_in_c", False)])
def test_what_computes_for_ever_is_ended_by_its_processor_time_and_what_waits_by_the_clock(
    laboratory: Laboratory, case: str, computes: bool
) -> None:
    run = run_fault(laboratory, case)
    reasons = [m["reason"] for m in mutants(run, "lib/fault.py") if m["status"] == "Timeout"]
    assert reasons
    assert ["of processor time" in reason for reason in reasons] == [computes] * len(reasons)


@pytest.mark.parametrize(
    ("case", "doing"), [("hangs_at_import", "importing"), ("hangs_by_a_constant", "running")]
)
def test_before_import_what_hangs_is_told_by_where_and_the_test_has_only_its_own_time(
    laboratory: Laboratory, case: str, doing: str
) -> None:
    run = run_fault(laboratory, case)
    told = [m["reason"] for m in mutants(run, "lib/fault.py") if m["replacement"] == "False"]
    (reason,) = told
    found = re.fullmatch(rf"still {doing} after ([\d.]+) s", reason)
    assert found, reason
    # 3 s and 30 times what the test took, which is next to nothing.
    assert doing == "importing" or float(found[1]) < 10.0


def mutants(run: Run, path: str) -> list[dict[str, Any]]:
    """The mutants of one file that are no noise."""
    section = run.mutants
    return [each for each in section if each["path"] == path and each["status"] != "Ignored"]


def change(mutant: dict[str, Any]) -> str:
    return f"{mutant['original']} → {mutant['replacement']}"


def told(mutant: dict[str, Any]) -> str:
    """Say in one line what became of a mutant."""
    return f"{change(mutant)}: {mutant['status']}, {mutant['reason']!r}, {mutant['killed_by']}"
