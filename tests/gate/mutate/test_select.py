from pathlib import Path

import pytest
from builders import make_outcome
from coverage import CoverageData
from fake_workers import make_mutant

from gate.model import Mutant, Unit
from gate.mutate.select import Selection
from gate.source.code import read_source
from gate.source.imports import ImportGraph
from gate.supervise.zygote import Item

SOURCE = "LIMIT = 1\ndef f(a=1):\n    x = (a +\n         1)\n    return x\n"
TESTS = [
    "tests/test_a.py::slow",
    "tests/test_a.py::quick",
    "tests/test_a.py::red",
    "tests/test_b.py::b",
]
SECONDS = [2.0, 0.1, 0.01, 0.5]


@pytest.fixture
def selection(tmp_path: Path) -> Selection:
    files = {
        "pkg/__init__.py": "",
        "pkg/a.py": SOURCE,
        "tests/test_a.py": "from pkg import a\n",
        "tests/test_b.py": "import os\n",
    }
    for file, text in files.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    data = CoverageData(str(tmp_path / "data"))
    for test, arcs in {
        "": [(-1, 1), (1, 2), (2, -1)],
        TESTS[0]: [(-2, 3), (3, 5), (5, -2)],
        TESTS[1]: [(-2, 4), (4, -2)],
        TESTS[2]: [(-2, 3), (3, 5)],
    }.items():
        data.set_context(test)
        data.add_arcs({str(tmp_path / "pkg/a.py"): arcs})
    data.close()
    items = [Item(test, test.partition("::")[0], 1, frozenset()) for test in TESTS]
    outcomes = {
        index: make_outcome(test, "failed" if "red" in test else "passed", seconds=SECONDS[index])
        for index, test in enumerate(TESTS)
    }
    sources = {"pkg/a.py": read_source(tmp_path, "pkg/a.py")}
    return Selection(items, outcomes, tmp_path / "data", sources, ImportGraph(tmp_path, files))


def chosen(selection: Selection, mutant: Mutant) -> tuple[int, ...]:
    return selection.plan(mutant).tests


def test_tests_that_ran_any_line_of_the_statement_are_chosen_quickest_first(
    selection: Selection,
) -> None:
    assert chosen(selection, make_mutant(line=3)) == (1, 0)
    assert chosen(selection, make_mutant(line=4)) == (1, 0)
    assert chosen(selection, make_mutant(line=5)) == (0,)


def test_a_line_that_no_test_ran_has_no_tests(selection: Selection) -> None:
    assert chosen(selection, make_mutant(line=2)) == ()


def test_red_tests_take_no_part(selection: Selection) -> None:
    assert 2 not in chosen(selection, make_mutant(line=3))


def test_a_default_is_seen_by_every_test_that_ran_the_function(selection: Selection) -> None:
    unit = Unit("f", 2, 5, ())
    assert chosen(selection, make_mutant(line=2, moment="default", unit=unit)) == (1, 0)


def test_import_time_code_is_seen_by_the_tests_of_the_files_that_import_it(
    selection: Selection,
) -> None:
    assert chosen(selection, make_mutant(line=1, moment="import", unit=None)) == (1, 0)
