from __future__ import annotations

from pathlib import Path

import pytest
from builders import make_result
from fake_workers import SOURCE, make_import_mutant, make_mutant, write_source

from gate.model import Mutant, MutantResult, Status
from gate.mutate.controls import UNKNOWN, UNNOTICED, Controls, unnoticed, unproved
from gate.mutate.edits import Edits
from gate.mutate.entries import ALWAYS, NOTHING, RAISE
from gate.mutate.plans import MutantPlan, Route

Told = tuple[str, Status, Route]


@pytest.fixture
def controls(tmp_path: Path) -> Controls:
    write_source(tmp_path)
    return Controls(Edits(tmp_path))


def asked(controls: Controls, *told: Told, mutant: Mutant | None = None) -> list[list[str]]:
    """The mutants of each function that needs a control, of results told as id, status and route."""
    plans = [MutantPlan(mutant or make_mutant(name), (0, 1)) for name, _, _ in told]
    results = {
        plan.mutant.id: make_result(status=status, mutant=plan.mutant)
        for plan, (_, status, _) in zip(plans, told, strict=True)
    }
    routes = {name: route for name, _, route in told}
    return [
        [plan.mutant.id for plan in of_function]
        for of_function in unproved(controls, plans, results, routes)
    ]


def test_edits_have_the_keys_of_a_mutant_and_its_function(tmp_path: Path) -> None:
    write_source(tmp_path)
    edits = Edits(tmp_path)
    controls = Controls(edits)
    mutant = make_mutant("2")
    edit, neutral, raising = map(
        edits.of, (mutant, controls.neutral(mutant), controls.raising(mutant))
    )
    assert neutral.keys() == raising.keys() == edit.keys()
    same = edit.keys() - {"start", "end", "replacement", "text"}
    assert all(neutral[key] == raising[key] == edit[key] for key in same)
    assert neutral["text"] == f"\ndef f():\n    {NOTHING}; return 1\n"
    assert raising["text"] == f"\ndef f():\n    if {ALWAYS}: {RAISE}\n    return 1\n"


def test_the_unchanged_code_of_a_default_is_that_of_its_function(controls: Controls) -> None:
    neutral = controls.neutral(make_mutant(moment="default", parameter="a", default="2"))
    assert (neutral.moment, neutral.parameter, neutral.default) == ("call", "", "")


def test_the_unchanged_code_of_import_time_is_at_the_end_of_the_file(controls: Controls) -> None:
    neutral = controls.neutral(make_import_mutant())
    assert (neutral.moment, neutral.start) == ("import", len(SOURCE))


@pytest.mark.parametrize(
    ("told", "needed"),
    [
        ([("s", "Survived", "switch")], [["s"]]),
        ([("s", "Survived", "switch"), ("k", "Killed", "switch")], []),
        ([("s", "Survived", "switch"), ("k", "Timeout", "switch")], []),
        ([("s", "Survived", "switch"), ("k", "Killed", "import")], [["s"]]),
        ([("s", "Survived", "import"), ("k", "Killed", "import")], []),
        ([("s", "Survived", "import"), ("k", "Killed", "switch")], []),
        ([("s", "Survived", "import"), ("t", "Survived", "switch")], [["s", "t"]]),
        (
            [("s", "Survived", "import"), ("t", "Survived", "switch"), ("k", "Killed", "import")],
            [["t"]],
        ),
        ([("p", "Pending", "switch"), ("n", "NoCoverage", "switch")], []),
    ],
)
def test_a_function_needs_a_control_unless_a_kill_shows_that_its_survivors_were_in_place(
    controls: Controls, told: list[Told], needed: list[list[str]]
) -> None:
    assert asked(controls, *told) == needed


def test_code_of_import_time_needs_no_control(controls: Controls) -> None:
    assert asked(controls, ("i", "Survived", "import"), mutant=make_import_mutant("i")) == []


@pytest.mark.parametrize(
    ("status", "reason", "why"),
    [
        ("Killed", "", None),
        ("RuntimeError", "it crashed", None),
        ("Survived", "", UNNOTICED),
        ("Pending", "no workers", f"{UNKNOWN}no workers"),
        (None, "", f"{UNKNOWN}it was not run"),
    ],
)
def test_survivors_stay_so_only_where_the_raise_is_detected(
    controls: Controls, status: Status | None, reason: str, why: str | None
) -> None:
    plans: list[MutantPlan] = []

    def run(controls: object) -> list[MutantResult]:
        plans.extend(controls)  # type: ignore[call-overload]
        return [make_result(status=status, reason=reason, mutant=plans[0].mutant)] if status else []

    survivors = [MutantPlan(make_mutant("s"), (2, 0), (3,)), MutantPlan(make_mutant("t"), (0, 1))]
    told = list(unnoticed(controls, run, [survivors]))
    assert told == ([(plan, why) for plan in survivors] if why else [])
    assert [(plan.tests, plan.importing) for plan in plans] == [((2, 0, 1), (3,))]
    summary = controls.told(["t"])
    assert (summary.positive, summary.unnoticed) == (1, ("pkg/a.py::f",) if why else ())


def test_a_test_that_fails_on_the_bare_original_is_excused_and_its_kills_are_not_counted(
    controls: Controls,
) -> None:
    for test in (0, 1):
        controls.ran("switch", test, passed=False)
        controls.void("switch", test)
    controls.excuse("switch", 1)
    controls.void("switch", 1)
    controls.ran("switch", 2, passed=True)
    controls.void("switch", 2)
    told = controls.told(["a", "b", "c"])
    assert told.neutral == 3
    assert [(each.test, each.kills) for each in told.failed] == [("a", 1)]
