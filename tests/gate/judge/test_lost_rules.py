from __future__ import annotations

from dataclasses import replace

from builders import (
    TODAY,
    make_change,
    make_evidence,
    make_lost,
    make_mutant,
    make_policy,
    make_result,
    make_test_change,
)

from gate.judge.rules.mutation_lost import rule as mutation_lost
from gate.judge.rules.suite_removed import rule as suite_removed
from gate.judge.verdict import judge
from gate.model import Finding, LostKills, Problem

CORE = '[mutation]\ncore = ["pkg"]\n'


def findings(lost: LostKills | None) -> list[Finding]:
    evidence = make_evidence(changed=make_change(), lost=lost)
    return list(mutation_lost(make_policy(CORE), evidence, TODAY))


def listed(*changes: tuple[str, str, str]) -> list[Finding]:
    tests = tuple(make_test_change(*change) for change in changes)
    evidence = make_evidence(lost=make_lost(tests=tests))
    return list(suite_removed(make_policy(CORE), evidence, TODAY))


def test_nothing_lost_is_nothing_to_say() -> None:
    assert findings(LostKills()) == findings(make_lost()) == []


def test_a_lost_kill_shows_the_change_and_both_sides() -> None:
    (finding,) = findings(make_lost(make_result(4, "Survived")))
    assert (finding.level, finding.forces) == ("error", "fail")
    assert (finding.path, finding.line, finding.measured, finding.required) == ("pkg/a.py", 4, 1, 0)
    assert finding.message == (
        "changing `a + b` to `a - b` is noticed by no test any more; on the base "
        "tests/test_a.py::test_gone noticed it, which is not in the suite any more; "
        "the one test that runs it passes"
    )


def test_a_killer_that_is_another_test_now_is_named_with_it() -> None:
    killer = make_test_change("tests/test_a.py::test_x", "removed", "tests/test_a.py::check_x")
    (finding,) = findings(make_lost(make_result(1, "NoCoverage"), killer=killer))
    assert (
        "not in the suite any more (tests/test_a.py::check_x); no test runs it" in finding.message
    )


def test_many_lost_kills_are_all_counted_and_all_fail() -> None:
    kills = [make_result(n, "Survived") for n in range(1, 31)]
    told = findings(make_lost(*kills))
    assert len(told) == 21
    assert {finding.forces for finding in told} == {"fail"}
    assert told[-1].message.startswith("and 10 more mutants")


def test_what_could_not_be_asked_is_inconclusive() -> None:
    problem = Problem("the base's tests", "no test could be collected")
    pending = make_result(1, "Pending", mutant=make_mutant(1))
    told = findings(make_lost(problems=(problem,), unresolved=(pending, replace(pending))))
    assert [finding.forces for finding in told] == ["inconclusive", "inconclusive"]
    assert "no test could be collected" in told[0].message
    assert "2 mutants" in told[1].message
    assert "the budget was used up" in told[1].message
    evidence = make_evidence(lost=make_lost(problems=(problem,)))
    assert judge(make_policy(), evidence, TODAY).decision == "inconclusive"


def test_touched_tests_that_are_red_on_the_base_are_a_warning() -> None:
    (finding,) = findings(make_lost(notes=("2 touched tests are red on the base",)))
    assert (finding.level, finding.forces) == ("warning", None)
    assert finding.message == "2 touched tests are red on the base"


def test_mutants_that_the_changed_code_no_longer_has_are_counted() -> None:
    (finding,) = findings(make_lost(gone=3))
    assert (finding.level, finding.forces) == ("note", None)
    assert finding.message.startswith(
        "3 mutants that touched tests ran are not in the changed code"
    )


def test_a_run_without_mutants_says_that_nothing_was_asked() -> None:
    (finding,) = findings(None)
    assert (finding.level, finding.forces) == ("note", None)
    evidence = make_evidence()
    assert not list(mutation_lost(make_policy(CORE), evidence, TODAY))
    evidence = make_evidence(changed=make_change())
    assert not list(mutation_lost(make_policy(), evidence, TODAY))


def test_tests_that_run_no_more_are_listed_by_what_became_of_them() -> None:
    a = [(f"tests/test_a.py::test_{n}", "removed", "") for n in range(5)]
    told = listed(
        *a,
        ("tests/test_a.py::test_s", "skipped", ""),
        ("tests/test_b.py::test_r", "renamed", "tests/test_c.py::test_r"),
    )
    assert [(finding.level, finding.forces) for finding in told] == [
        ("warning", None),
        ("note", None),
        ("warning", None),
    ]
    assert "5 tests of tests/test_a.py disappeared" in told[0].message
    assert "test_0, test_1, test_2 and 2 more" in told[0].message
    assert "test_r, now tests/test_c.py::test_r" in told[1].message
    assert "1 test of tests/test_a.py skipped since the base: test_s" in told[2].message
