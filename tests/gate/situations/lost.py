"""Situations of the rules about tests that a change touches."""

from __future__ import annotations

from dataclasses import replace

from builders import (
    make_evidence,
    make_lost,
    make_mutant,
    make_policy,
    make_result,
    make_test_change,
)

from gate.model import (
    Problem,
)
from situations.entered import CORE, Situation, situation


@situation
def kills_that_are_lost() -> Situation:
    fates = ("removed", "renamed", "skipped", "xfailed", "red", "changed")
    tests = tuple(f"t.py::{number}" for number in range(1_200))
    long = make_mutant(4, original="a +\n      b", replacement="c" * 61)
    whole = make_mutant(5, original="d" * 60)
    kills = (
        make_result(1, "Survived"),
        make_result(2, "NoCoverage"),
        make_result(3, "Survived", covered_by=tests),
        make_result(4, "Survived", mutant=long),
        make_result(5, "Survived", mutant=whole),
        make_result(6, "Survived"),
    )
    killers = [make_test_change(f"t.py::{fate}", fate) for fate in fates]
    killers[1] = replace(killers[1], now="t.py::other")
    lost = replace(make_lost(gone=1, asked=6), kills=tuple(zip(kills, killers, strict=True))[::-1])
    return make_policy(CORE), make_evidence(lost=lost)


@situation
def more_kills_are_lost_than_are_named() -> Situation:
    kills = [
        make_result(n, "Survived", mutant=make_mutant(n, path=f"pkg/{'ab'[n > 22]}.py"))
        for n in range(1, 25)
    ]
    return make_policy(CORE), make_evidence(lost=make_lost(*kills, gone=1_200))


@situation
def lost_kills_that_are_not_known() -> Situation:
    problem = Problem("the base's tests", "no test could be collected")
    reasons = ("", "slow", "slow", "late")
    pending = tuple(make_result(n, "Pending", reason=each) for n, each in enumerate(reasons, 1))
    lost = make_lost(
        problems=(problem, problem), unresolved=pending, notes=("2 touched tests are red",)
    )
    return make_policy(CORE), make_evidence(lost=lost)


@situation
def tests_that_run_no_more() -> Situation:
    tests = [make_test_change(f"a.py::test_{n}") for n in range(4, 0, -1)]
    tests += [make_test_change(f"b.py::test_{n}", "skipped") for n in range(3)]
    tests += [
        make_test_change("b.py::test_x", "xfailed"),
        make_test_change("c.py::test_r", "renamed", "d.py::test_r"),
        make_test_change("e.py"),
        make_test_change("f.py::TestBox::test_size"),
    ]
    return make_policy(CORE), make_evidence(lost=make_lost(tests=tuple(tests)))
