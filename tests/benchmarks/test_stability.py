from __future__ import annotations

import pytest
from stability import Run, Verdict, decided, differences, halves
from subjects import SubjectError


def test_another_status_is_a_difference_and_another_reason_is_none() -> None:
    first = Run(
        "first", 1.0, {"a": Verdict("m.py:1", "Killed", "x"), "b": Verdict("m.py:2", "Killed")}
    )
    same = Run("same", 1.0, {"a": Verdict("m.py:1", "Killed", "y")})
    assert differences(first, same) == []
    other = Run("other", 1.0, {"b": Verdict("m.py:2", "Survived")})
    assert differences(first, other) == ["- m.py:2 b: first: Killed; other: Survived"]


def test_a_mutant_that_the_first_run_does_not_know_is_a_difference() -> None:
    other = Run("other", 1.0, {"c": Verdict("m.py:3", "Killed")})
    assert differences(Run("first", 1.0, {}), other) == [
        "- m.py:3 c: first: not run; other: Killed"
    ]


def test_mutants_that_a_budget_left_are_no_verdict() -> None:
    verdicts = {"a": Verdict("m.py:1", "Killed"), "b": Verdict("m.py:2", "Pending", "budget")}
    assert list(decided(verdicts)) == ["a"]


def test_two_halves_hold_every_function_once() -> None:
    assert halves(["a", "b", "c"]) == (["a", "c"], ["b"])
    with pytest.raises(SubjectError):
        halves(["a"])
