from __future__ import annotations

from typing import Any

import pytest
from builders import make_evidence, make_mutant, make_mutation, make_result
from samples import make_results

from gate.model import MutantResult
from gate.report.hints import how_to_kill, prove_command, python_option, show_command


def entry(**fields: Any) -> MutantResult:
    run = make_mutation(results=(make_result(mutant=make_mutant(**fields)),))
    return make_results(evidence=make_evidence(mutation=run)).mutant_run.results[0]


@pytest.mark.parametrize(
    ("old", "new", "case"),
    [
        ("total >= 50", "total > 50", "both sides of the comparison are equal"),
        ("a < b", "a <= b", "both sides of the comparison are equal"),
        ("a and b", "a or b", "exactly one of the two conditions holds"),
        ("a + b", "a - b", "the right side is not zero"),
        ("a * b", "a / b", "the right side is neither 1 nor -1"),
        ("width // heads", "width / heads", "the division leaves a remainder"),
    ],
)
def test_the_hint_names_the_input_that_tells_two_operators_apart(
    old: str, new: str, case: str
) -> None:
    told = how_to_kill(entry(original=old, replacement=new))
    assert told == f"Write a test for which the two versions differ, such as one in which {case}."


def test_the_hint_follows_the_operator_where_the_change_says_nothing() -> None:
    told = how_to_kill(entry(operator="number", original="17", replacement="18"))
    assert told.endswith("differ, such as one in which this exact number decides.")
    other = entry(operator="other", original="a", replacement="::error::")
    assert how_to_kill(other) == "Write a test for which the two versions differ."


def test_commands_name_the_mutant() -> None:
    mutant = entry(id="3f2a9c", path="src/a b.py", function="A.f.<locals>.g")
    assert show_command(mutant) == "gate show 3f2a9c --run"
    assert prove_command(mutant) == "gate prove 3f2a9c"


def test_a_hostile_id_stays_one_word() -> None:
    assert show_command(entry(id="$(rm x)\n::error::")) == "gate show '$(rm x)\\n::error::' --run"
    assert prove_command(entry(id="$(rm x)")) == "gate prove '$(rm x)'"


def test_commands_name_the_interpreter_that_only_an_option_chooses() -> None:
    option = python_option({"interpreter option": "../a b/bin/python"})
    assert show_command(entry(), option).endswith(" --run --python '../a b/bin/python'")
    assert prove_command(entry(), option).endswith(" --python '../a b/bin/python'")
    assert python_option({"interpreter": ".venv/bin/python"}) == ""
    assert python_option({"interpreter option": "a\nb"}) == ""
