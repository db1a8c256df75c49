from __future__ import annotations

from builders import make_lost, make_result, make_test_change

from gate.model import LostKills
from gate.report.lost_kills import became, lost_line, runs_now


def test_a_line_adds_up() -> None:
    lost = make_lost(
        make_result(1, "Survived"),
        unresolved=(make_result(2, "Pending"),),
        touched=2,
        asked=12,
        gone=1,
    )
    assert lost_line(lost) == (
        "2 tests of the base that the change touches; 12 mutants asked again: 1 lost, 1 unresolved, "
        "10 kept or never killed, 1 no longer in the code in 1.5 s"
    )
    assert lost_line(LostKills()) == ""


def test_both_sides_of_a_kill_are_told() -> None:
    tests = tuple(f"tests/test_a.py::test_{n}" for n in range(5))
    killer = make_test_change(fate="xfailed", now="tests/\x1b.py")
    lost = make_lost(make_result(1, "Survived", covered_by=tests), killer=killer)
    ((kill, known),) = lost.kills
    assert became(known) == "expected to fail now (tests/\\x1b.py)"
    assert runs_now(kill) == f"{', '.join(tests[:3])} and 2 more"


def test_a_mutant_that_nothing_runs_is_told_as_that() -> None:
    lost = make_lost(make_result(1, "NoCoverage"))
    assert runs_now(lost.kills[0][0]) == "no test runs it"
