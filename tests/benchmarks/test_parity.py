from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from builders import make_evidence, make_mutant, make_mutation, make_result
from parity import (
    DISAGREE,
    NOT_MADE,
    Pair,
    ParityError,
    cause,
    compare,
    matched,
    verdict_table,
    who_is_right,
)
from parity_generate import Theirs, mutmut_mutants, settle_mutmut

from gate.model import Evidence
from gate.mutate.generate import generate

SOURCE = """\
class A:
    def run(self, x):
        x = x + 1
        x = x + 1
        return x


def use(x):
    return x < 1


@decorated
def shown(x):
    return x > 2
"""


def test_mutants_have_the_names_that_mutmut_gives_them() -> None:
    settle_mutmut()
    names = {each.name for each in mutmut_mutants(SOURCE)}
    assert {"xǁAǁrun__mutmut_1", "x_use__mutmut_1"} <= names
    assert not [name for name in names if "shown" in name]


def test_equal_changes_on_two_lines_are_paired_line_by_line() -> None:
    theirs = [Theirs(("f", "same"), "second", 4), Theirs(("f", "same"), "first", 3)]
    ours = [make_mutant(line=3, start=30), make_mutant(line=4, start=40)]
    found = matched(theirs, {("f", "same"): ours})
    assert [(one.name, other.line) for one, other in found if one and other] == [
        *(("first", 3), ("second", 4))
    ]


def test_a_mutant_too_many_stays_alone_and_the_nearest_are_paired() -> None:
    theirs = [Theirs(("f", "same"), "late", 9)]
    ours = [make_mutant(line=3, start=30), make_mutant(line=9, start=90)]
    found = matched(theirs, {("f", "same"): ours})
    assert sorted(
        (one.name if one else "", other.line if other else 0) for one, other in found
    ) == [*(("", 3), ("late", 9))]


def test_what_only_one_side_makes_is_told_from_what_both_make(tmp_path: Path) -> None:
    pairs = compare(tmp_path, ["m.py"], two_runs(tmp_path))
    assert {pair.theirs for pair in pairs if pair.mutant and pair.mutant.function == "shown"} == {
        NOT_MADE
    }
    assert {cause(pair) for pair in pairs if pair.theirs == NOT_MADE} == {
        "only the gate makes it: in a decorated function"
    }
    assert {(pair.theirs, pair.ours) for pair in pairs if pair.theirs != NOT_MADE} == {
        ("killed", "Killed")
    }


def test_runs_of_another_source_are_not_compared(tmp_path: Path) -> None:
    document = two_runs(tmp_path)
    (tmp_path / "m.py").write_text(SOURCE.replace("x < 1", "x < y < 1"), encoding="utf-8")
    with pytest.raises(ParityError, match=r"mutmut on m\.py"):
        compare(tmp_path, ["m.py"], document)


@pytest.mark.parametrize(
    ("theirs", "ours", "why"),
    [
        ("killed", "Killed", ""),
        ("survived", "NoCoverage", "no test runs the line; mutmut counts by function"),
        ("timeout", "Killed", "both detect it: mutmut as timeout, the gate as Killed"),
        ("survived", "Ignored", "the gate ignores it: log"),
        ("survived", "Killed", DISAGREE),
        ("killed", "Survived", DISAGREE),
        ("killed", "NoCoverage", DISAGREE),
        ("suspicious", "Killed", DISAGREE),
    ],
)
def test_a_difference_has_a_cause(theirs: str, ours: str, why: str) -> None:
    entry = make_result(1, "Ignored")
    pair = Pair("m.py", 1, theirs, ours, mutant=make_mutant(), entry=entry)
    assert cause(pair) == why


@pytest.mark.parametrize(
    ("ours", "end", "right"),
    [
        ("Killed", "failed", "gate"),
        ("Killed", "hung", "gate"),
        ("Killed", "passed", "mutmut"),
        ("Killed", "nothing run", "nobody knows"),
        ("Survived", "failed", "neither"),
        ("Survived", "passed", "both"),
    ],
)
def test_plain_pytest_says_who_is_right(ours: str, end: str, right: str) -> None:
    assert who_is_right(Pair("m.py", 1, "survived", ours), end) == right


def test_the_table_adds_up() -> None:
    pair = Pair("m.py", 1, "killed", "Killed")
    pairs = [pair, pair, replace(pair, ours="Survived")]
    assert verdict_table(pairs)[2] == "| killed | 2 | 1 | 3 |"


def two_runs(root: Path) -> Evidence:
    """Write what mutmut leaves of a run that kills all, and give a document that says the same."""
    (root / "m.py").write_text(SOURCE, encoding="utf-8")
    settle_mutmut()
    codes = {f"m.{each.name}": 1 for each in mutmut_mutants(SOURCE)}
    (root / "mutants").mkdir()
    meta = json.dumps({"exit_code_by_key": codes})
    (root / "mutants" / "m.py.meta").write_text(meta, encoding="utf-8")
    killed = tuple(make_result(1, mutant=mutant) for mutant in generate("m.py", SOURCE.encode()))
    return make_evidence(mutation=make_mutation(results=killed))
