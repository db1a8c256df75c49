from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from builders import make_result
from fake_workers import SOURCE, make_import_mutant, make_mutant, write_source

from gate.model import Mutant, MutantResult, Status
from gate.mutate.controls import (
    UNKNOWN,
    UNKNOWN_FILE,
    UNNOTICED,
    UNPLACED,
    UNPLACED_FILE,
    Controls,
    Doubt,
    unnoticed,
    unproved,
)
from gate.mutate.edits import Edits
from gate.mutate.entries import ALWAYS, NOTHING, RAISE
from gate.mutate.plans import MutantPlan, Route

Told = tuple[str, Status, Route]


@pytest.fixture
def controls(tmp_path: Path) -> Controls:
    write_source(tmp_path)
    return Controls(Edits(tmp_path))


def doubts(controls: Controls, *told: Told, loaded: tuple[str, ...] = ()) -> list[Doubt]:
    """What needs a control, of results told as id, status and route; those of "i…" run at import."""
    plans = [MutantPlan(_mutant(name), (0, 1)) for name, _, _ in told]
    results = {
        plan.mutant.id: make_result(status=status, mutant=plan.mutant)
        for plan, (_, status, _) in zip(plans, told, strict=True)
    }
    return unproved(
        controls, plans, results, {name: route for name, _, route in told if route}, loaded
    )


def asked(controls: Controls, *told: Told) -> list[list[str]]:
    """The mutants of each control; a control of their file has the file's name before them."""
    return [
        [*(["a.py"] if doubt.file else []), *(plan.mutant.id for plan in doubt.survivors)]
        for doubt in doubts(controls, *told)
    ]


def _mutant(name: str) -> Mutant:
    return make_import_mutant(name) if name.startswith("i") else make_mutant(name)


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
        ([("s", "Survived", "import"), ("k", "Killed", "switch")], [["a.py", "s"]]),
        (
            [("s", "Survived", "import"), ("k", "Killed", "switch"), ("i", "Killed", "import")],
            [],
        ),
        ([("s", "Survived", "import"), ("i", "Killed", "import")], [["s"]]),
        ([("s", "Survived", "import"), ("t", "Survived", "switch")], [["s"], ["t"]]),
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


@pytest.mark.parametrize(
    ("told", "needed"),
    [
        ([("i", "Survived", "import"), ("i2", "Survived", "import")], [["a.py", "i", "i2"]]),
        ([("i", "Survived", "import"), ("i2", "Killed", "import")], []),
        ([("i", "Survived", "import"), ("k", "Killed", "import")], []),
        ([("i", "Survived", "import"), ("k", "Killed", "switch")], [["a.py", "i"]]),
        ([("i", "Survived", "import"), ("i2", "Pending", "import")], [["a.py", "i"]]),
    ],
)
def test_code_of_import_time_needs_a_control_unless_a_kill_shows_that_its_file_is_changed(
    controls: Controls, told: list[Told], needed: list[list[str]]
) -> None:
    assert asked(controls, *told) == needed


def test_a_survivor_of_an_earlier_run_is_asked_as_it_would_be_run(controls: Controls) -> None:
    mutant = make_mutant("s")
    results = {"s": make_result(status="Survived", mutant=mutant)}
    for more, route in (
        ({}, "switch"),
        ({"importing": (3,)}, "import"),
        ({"afterwards": (3,)}, "import"),
    ):
        (doubt,) = unproved(controls, [MutantPlan(mutant, (0,), **more)], results, {}, ())
        assert doubt.route == route
        _, (plan,) = run_with(controls, doubt, "Killed")
        assert (plan.tests, plan.importing) == ((0,), (3,) if more else ())


@pytest.mark.parametrize(
    ("told", "loaded", "placed"),
    [
        ([("s", "Survived", "switch")], (), False),
        ([("s", "Survived", "switch")], ("pkg/a.py",), True),
        ([("s", "Survived", "import")], ("pkg/a.py",), False),
        ([("s", "Survived", "import"), ("i", "Killed", "import")], (), True),
        ([("i", "Survived", "import")], ("pkg/a.py",), False),
    ],
)
def test_that_a_change_gets_in_place_is_known_of_live_functions_and_by_kills_of_the_file(
    controls: Controls, told: list[Told], loaded: tuple[str, ...], placed: bool
) -> None:
    (doubt,) = doubts(controls, *told, loaded=loaded)
    assert doubt.placed == placed


def run_with(
    controls: Controls, doubt: Doubt, status: Status | None, reason: str = ""
) -> tuple[list[tuple[MutantPlan, str]], list[MutantPlan]]:
    """What is unnoticed when the control of a doubt ends so, and the plan of that control."""
    asked: list[MutantPlan] = []

    def run(plans: Iterable[MutantPlan]) -> list[MutantResult]:
        made = list(plans)
        asked.extend(made)
        if status is None:
            return []
        return [make_result(status=status, reason=reason, mutant=plan.mutant) for plan in made]

    return list(unnoticed(controls, run, [doubt])), asked


SURVIVORS = (MutantPlan(make_mutant("s"), (2, 0), (3,)), MutantPlan(make_mutant("t"), (0, 1)))


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
    doubt = Doubt(SURVIVORS, "import", file=False, placed=True)
    told, plans = run_with(controls, doubt, status, reason)
    assert told == ([(plan, why) for plan in SURVIVORS] if why else [])
    assert [(plan.tests, plan.importing) for plan in plans] == [((2, 0, 1), (3,))]
    summary = controls.told(["t"])
    assert (summary.positive, summary.unnoticed) == (1, ("pkg/a.py::f",) if why else ())
    assert summary.unplaced == ()


@pytest.mark.parametrize("route", ["switch", "import"])
def test_a_function_raises_on_the_route_that_its_survivors_took(
    controls: Controls, route: Route
) -> None:
    survivors = (MutantPlan(make_mutant("s"), (2, 0)),)
    _, plans = run_with(controls, Doubt(survivors, route, file=False, placed=False), "Killed")
    assert [plan.importing for plan in plans] == [(2, 0) if route == "import" else ()]


def test_a_function_of_which_nothing_shows_that_it_can_be_changed_is_named_apart(
    controls: Controls,
) -> None:
    doubt = Doubt(SURVIVORS, "switch", file=False, placed=False)
    told, _ = run_with(controls, doubt, "Survived")
    assert {why for _, why in told} == {UNPLACED}
    summary = controls.told(["t"])
    assert (summary.unnoticed, summary.unplaced) == ((), ("pkg/a.py::f",))


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("RuntimeError", None),
        ("Survived", UNPLACED_FILE),
        ("Pending", f"{UNKNOWN_FILE}no workers"),
    ],
)
def test_survivors_of_import_time_stay_so_only_where_a_raise_of_the_file_is_detected(
    controls: Controls, status: Status, why: str | None
) -> None:
    survivors = (MutantPlan(make_import_mutant("i"), (), (1, 0)),)
    doubt = Doubt(survivors, "import", file=True, placed=False)
    told, (plan,) = run_with(controls, doubt, status, "no workers" if status == "Pending" else "")
    assert told == ([(survivors[0], why)] if why else [])
    assert (plan.tests, plan.importing) == ((), (1, 0))
    assert (plan.mutant.start, plan.mutant.moment, plan.mutant.unit) == (0, "import", None)
    assert plan.mutant.replacement == f"if {ALWAYS}: {RAISE}\n"
    assert controls.told([]).unplaced == (("pkg/a.py",) if why else ())


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
