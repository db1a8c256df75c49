from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import make_outcome
from coverage import CoverageData
from fake_workers import make_mutant

from gate.measure.suite import Baseline
from gate.model import Mutant, Outcome, Unit
from gate.mutate.select import Selection
from gate.source.code import read_source
from gate.source.imports import ImportGraph
from gate.supervise.zygote import Collected, Item
from gate.worker.messages import shared_context

SOURCE = """\
LIMIT = 1
def f(a=1):
    x = (a +
         1)
    return x
def g():
    x = 1
    return 1
def h(): return 1
Y = g()
def never():
    return 1
def set_up():
    return 1
def much():
    x = 1
    y = 2
    return x + y
"""
# The last five run line 16; `wide` is a little quicker than `narrow`, and runs what follows as well.
TESTS = [
    "tests/test_a.py::slow",
    "tests/test_a.py::quick",
    "tests/test_a.py::red",
    "tests/test_b.py::b",
    "tests/test_a.py::skipped",
    "tests/test_c.py::through_another",
    "tests/test_d.py::wide",
    "tests/test_d.py::narrow",
    "tests/test_d.py::leaves",
    "tests/test_d.py::stops",
    "tests/test_d.py::all",
]
SECONDS = [2.0, 0.1, 0.01, 0.5, 0.01, 0.01, 0.04, 0.05, 3.0, 4.0, 6.0]
# They use one fixture of their module, which was set up within the quick one.
SHARE = [TESTS[0], TESTS[1]]
OUTCOMES: dict[str, Outcome] = {"red": "failed", "skipped": "skipped"}


@pytest.fixture
def selection(tmp_path: Path) -> Selection:
    return selection_of(tmp_path)


def selection_of(tmp_path: Path, early: Mapping[str, str] | None = None) -> Selection:
    files = {
        "pkg/__init__.py": "",
        "pkg/a.py": SOURCE,
        "tests/test_a.py": "from pkg import a\n",
        "tests/test_b.py": "import os\n",
        "pkg/other.py": "from .a import f\n",
        "tests/test_c.py": "import pkg.other\n",
    }
    for file, text in files.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    data = CoverageData(str(tmp_path / "data"))
    for test, arcs in {
        "": [(-1, 1), (1, 2), (2, 6), (6, 9), (9, 10), (-6, 8), (8, -6), (10, 11), (11, -1)],
        TESTS[0]: [(-2, 3), (3, 5), (5, -2)],
        TESTS[1]: [(-2, 4), (4, -2), (-6, 8), (8, -6)],
        TESTS[2]: [(-2, 3), (3, 5)],
        TESTS[4]: [(-6, 7)],
        TESTS[6]: [(-15, 16), (16, 17), (17, 18)],
        TESTS[7]: [(-15, 16)],
        TESTS[8]: [(-15, 16)],
        TESTS[9]: [(-15, 16), (16, 17)],
        TESTS[10]: [(-15, 16), (16, 17), (17, 18)],
        shared_context(7, TESTS[1]): [(-13, 14), (14, -13)],
    }.items():
        data.set_context(test)
        data.add_arcs({str(tmp_path / "pkg/a.py"): arcs})
    data.close()
    items = [
        Item(test, test.partition("::")[0], 1, frozenset(), frozenset({7} if test in SHARE else ()))
        for test in TESTS
    ]
    outcomes = {
        index: make_outcome(
            test, OUTCOMES.get(test.partition("::")[2], "passed"), seconds=SECONDS[index]
        )
        for index, test in enumerate(TESTS)
    }
    sources = {"pkg/a.py": read_source(tmp_path, "pkg/a.py")}
    baseline = Baseline(
        Collected(tuple(items), (), {}, (), early or {}, {}), outcomes=outcomes, set_up={7: 0.05}
    )
    return Selection(baseline, tmp_path / "data", sources, ImportGraph(tmp_path, files))


def chosen(selection: Selection, mutant: Mutant) -> tuple[int, ...]:
    return selection.plan(mutant).tests


def in_f(line: int, **fields: Any) -> Mutant:
    return make_mutant(line=line, unit=Unit("f", 2, 5, ()), **fields)


def test_tests_that_ran_any_line_of_the_statement_are_chosen_quickest_first(
    selection: Selection,
) -> None:
    assert chosen(selection, in_f(3)) == (1, 0)
    assert chosen(selection, in_f(4)) == (1, 0)
    assert chosen(selection, in_f(5)) == (0,)


def test_a_test_that_runs_little_else_of_the_file_goes_before_a_quicker_one_that_runs_much(
    selection: Selection,
) -> None:
    assert chosen(selection, make_mutant(line=16, unit=None)) == (7, 6, 8, 9, 10)


@pytest.mark.parametrize(
    ("line", "end_line", "tests"),
    [(16, 16, (7, 8, 6, 9, 10)), (17, 17, (9, 6, 10)), (16, 17, (6, 10, 7, 8, 9))],
)
def test_those_that_leave_the_function_and_those_that_go_on_take_turns_the_fewer_first(
    selection: Selection, line: int, end_line: int, tests: tuple[int, ...]
) -> None:
    mutant = make_mutant(line=line, end_line=end_line, unit=Unit("much", 15, 18, ()))
    assert chosen(selection, mutant) == tests


def test_import_time_code_is_first_tried_by_a_test_that_ran_the_very_line_itself(
    selection: Selection,
) -> None:
    plan = selection.plan(make_mutant(line=5, moment="import", unit=None))
    assert plan.importing[0] == 0


def test_a_mutant_of_several_lines_is_run_by_the_tests_of_all_of_them(
    selection: Selection,
) -> None:
    assert chosen(selection, in_f(5, end_line=6)) == (0,)
    assert chosen(selection, in_f(3, end_line=5)) == (1, 0)


def test_a_line_that_no_test_ran_has_no_tests(selection: Selection) -> None:
    plan = selection.plan(in_f(12))
    assert (plan.tests, plan.importing, plan.covering) == ((), (), ())


def test_what_the_set_up_of_a_shared_fixture_ran_is_run_by_all_of_its_tests(
    selection: Selection,
) -> None:
    assert chosen(selection, in_f(14)) == (1, 0)


def test_red_tests_take_no_part_and_are_named(selection: Selection) -> None:
    assert 2 not in chosen(selection, in_f(3))
    assert selection.red(in_f(3)) == {TESTS[2]}
    assert selection.red(in_f(12)) == frozenset()


def test_tests_that_are_neither_green_nor_red_take_no_part(selection: Selection) -> None:
    assert selection.red(in_f(7)) == frozenset()
    assert chosen(selection, in_f(7)) == ()


def test_a_default_is_seen_by_every_test_that_ran_the_function(selection: Selection) -> None:
    plan = selection.plan(in_f(2, moment="default"))
    assert (plan.tests, plan.importing) == ((1, 0), ())


def test_import_time_code_is_seen_by_the_tests_of_the_files_that_import_it(
    selection: Selection,
) -> None:
    plan = selection.plan(make_mutant(line=1, moment="import", unit=None))
    # First those that ran any of it, then those that only import it, through another file too.
    assert (plan.tests, plan.importing) == ((), (7, 6, 8, 9, 10, 1, 0, 5))
    assert plan.covering == (7, 6, 8, 9, 10, 1, 0, 5)


def test_code_of_a_function_that_also_runs_at_import_is_tried_there(
    selection: Selection,
) -> None:
    plan = selection.plan(make_mutant(line=8, unit=Unit("g", 6, 8, ())))
    assert plan.tests == (1,)
    # Who ran it comes first.
    assert plan.importing == (1, 7, 6, 8, 9, 10, 0, 5)
    assert selection.plan(in_f(3)).importing == ()
    # A line of that function which only tests run is not: it had no say at import.
    assert selection.plan(make_mutant(line=7, unit=Unit("g", 6, 8, ()))).importing == ()


def test_a_default_of_a_function_that_also_runs_at_import_is_tried_there(
    selection: Selection,
) -> None:
    default = make_mutant(line=6, unit=Unit("g", 6, 8, ()), moment="default")
    assert selection.plan(default).importing == (1, 7, 6, 8, 9, 10, 0, 5)
    # To be made at import is not to run there.
    of_f = selection.plan(in_f(2, moment="default"))
    assert (of_f.importing, sorted(of_f.afterwards)) == ((), [0, 1, 5, 6, 7, 8, 9, 10])
    assert selection.plan(in_f(3)).afterwards == ()
    never = make_mutant(line=11, unit=Unit("never", 11, 12, ()), moment="default")
    assert selection.plan(never).covering == ()


def test_a_function_of_what_was_imported_before_the_measurement_may_have_run_at_import(
    tmp_path: Path,
) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    selection = selection_of(tmp_path, {"pkg.a": str(tmp_path / "link/pkg/a.py")})
    assert selection.plan(in_f(3)).importing == (1, 0, 7, 6, 8, 9, 10, 5)
    assert selection.plan(make_mutant(line=12)).covering == ()


def test_what_only_runs_at_import_is_covered_by_those_who_import_it(
    selection: Selection,
) -> None:
    plan = selection.plan(make_mutant(line=9, unit=Unit("h", 9, 9, ())))
    assert (plan.tests, plan.importing) == ((), (7, 6, 8, 9, 10, 1, 0, 5))


@pytest.mark.parametrize(
    ("mutant", "real"),
    [
        (in_f(3), True),
        (in_f(2, moment="default"), True),
        (in_f(12), False),
        (make_mutant(line=1, moment="import", unit=None), True),
        # The line of a function that nothing calls runs at import.
        (make_mutant(line=9, unit=Unit("h", 9, 9, ())), False),
        (make_mutant(line=12, moment="import", unit=None), False),
    ],
)
def test_noise_by_its_place_is_real_where_its_lines_run(
    selection: Selection, mutant: Mutant, real: bool
) -> None:
    ignored = replace(mutant, ignored="debug: under `if DEBUG` on line 2")
    assert selection.weighed(ignored) == (mutant if real else ignored)
    assert selection.weighed(mutant) is mutant
    logged = replace(mutant, ignored="log: changes only what is logged")
    assert selection.weighed(logged) is logged
