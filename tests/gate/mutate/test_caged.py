from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gate.mutate.caged import Caged, failure_of
from gate.mutate.plans import Failure

NAMES = [f"tests/test_a.py::test_{number}" for number in range(4)]
WRITES = Failure("repository", "PermissionError: tests/x.txt")


def red(**fields: Any) -> dict[str, Any]:
    return {"when": "call", "outcome": "failed", "type": "PermissionError", **fields}


def test_a_refused_path_is_told_from_the_repository(tmp_path: Path) -> None:
    phase = red(denied=str(tmp_path / "tests/x.txt"))
    assert failure_of([phase], tmp_path) == Failure("repository", "PermissionError: tests/x.txt")
    link = tmp_path.parent / "link"
    link.symlink_to(tmp_path)
    assert failure_of([red(denied=f"{link}/tests/x.txt")], tmp_path).raised.endswith(
        ": tests/x.txt"
    )


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (red(denied="/elsewhere/x"), Failure("elsewhere", "PermissionError: /elsewhere/x")),
        (red(denied=""), Failure("repository", "PermissionError")),
        (red(type="OSError", offline=True), Failure("network", "OSError")),
        (red(type="ValueError"), Failure("other", "ValueError")),
        ({"when": "call", "outcome": "failed"}, Failure("other", "no exception is known")),
    ],
)
def test_what_a_red_test_lacks_is_told_from_its_phases(
    tmp_path: Path, phase: dict[str, Any], expected: Failure
) -> None:
    passed = {"when": "setup", "outcome": "passed"}
    assert failure_of([passed, phase], tmp_path) == expected


def test_of_two_red_phases_the_one_that_was_refused_counts(tmp_path: Path) -> None:
    phases = [red(type="ValueError"), red(when="teardown", denied=str(tmp_path / "x"))]
    assert failure_of(phases, tmp_path) == Failure("repository", "PermissionError: x")


def test_who_is_refused_takes_no_part_on_any_route_and_others_only_on_theirs() -> None:
    caged = Caged(NAMES)
    caged.note("import", 1, WRITES)
    caged.note("switch", 2, Failure("other", "ValueError"))
    assert caged.without("switch", range(4)) == (0, 3)
    assert caged.without("import", range(4)) == (0, 2, 3)


def test_a_test_is_named_with_what_it_lacks() -> None:
    caged = Caged(NAMES)
    caged.note("switch", 1, WRITES)
    assert caged.why("switch", (0, 2)) == ""
    told = f": {NAMES[1]} writes into the repository (PermissionError: tests/x.txt)"
    assert caged.why("switch", (0, 1, 2)) == f"1 of its 3 tests took no part{told}"
    assert caged.why("switch", (1,)) == f"its only test took no part{told}"
    caged.note("switch", 2, WRITES)
    assert caged.why("switch", (1, 2)) == f"all of its 2 tests took no part{told}"


def test_each_lack_is_said_once_with_what_to_do() -> None:
    caged = Caged(NAMES)
    caged.note("switch", 1, WRITES)
    caged.note("switch", 0, Failure("repository", "PermissionError: y"))
    caged.note("switch", 2, Failure("network", "socket.gaierror"))
    assert list(caged.notes()) == [
        (
            f"1 test needs the network ({NAMES[2]}: socket.gaierror) and took no part in mutation testing: "
            'do without it, or say `network = "on"` in [isolation] of the policy'
        ),
        (
            f"2 tests write into the repository (first {NAMES[0]}: PermissionError: y) and took no part in "
            "mutation testing: write to tmp_path instead"
        ),
    ]
    assert list(Caged(NAMES).notes()) == []


def test_a_refusal_under_a_mutant_alone_names_test_path_and_which_of_the_two() -> None:
    told = (
        f"{NAMES[0]} fails only because mutants may not write there (PermissionError: tests/x.txt)"
    )
    assert Caged(NAMES).only_there(0, WRITES) == told
    assert "have no network" in Caged(NAMES).only_there(0, Failure("network", "OSError"))
