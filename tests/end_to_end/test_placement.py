"""A mutant is in place however tests come to run a file, or it is unresolved; it never survives unplaced.

Each case is a small project of its own, whose tests notice every change that is in place.
"""

from __future__ import annotations

import collections
from dataclasses import dataclass, field
from typing import Any

import pytest
from laboratory import POLICY, PROJECTS, Laboratory, Run

from gate.mutate.controls import UNPLACED, UNPLACED_FILE

LIMIT = """\
LIMIT = 10


def below(a):
    return a < LIMIT
"""
ASKS = """\
    assert below(9)
    assert not below(10)
"""


@dataclass(frozen=True, slots=True)
class Case:
    """Files of a project, the file that is mutated, and variables of the run."""

    files: dict[str, str]
    mutated: str = "lib/ops.py"
    variables: dict[str, str] = field(default_factory=dict)


# What Python has imported before pytest, or with it, is there before any change can be.
EARLY = Case(
    {
        "lib/ops.py": LIMIT,
        "early/sitecustomize.py": "import sys\n\nsys.path.insert(0, '.')\nfrom lib import ops\n",
        "tests/test_ops.py": f"from lib.ops import below\n\n\ndef test_below():\n{ASKS}",
    },
    variables={"PYTHONPATH": "early", "PYTHONDONTWRITEBYTECODE": "1"},
)

# `exec` is given no name of a file, so nothing tells its text from another. It looks as if it were imported.
NAMELESS = Case(
    {
        "lib/ops.py": LIMIT,
        "tests/test_ops.py": "from pathlib import Path\nfrom typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    from lib.ops import below\n\n\ndef test_below():\n    space = {}\n"
        "    exec(Path('lib/ops.py').read_text(), space)\n    below = space['below']\n" + ASKS,
    }
)
DOCTEST = Case(
    {
        "lib/ops.py": '"""Says it itself.\n\n>>> below(9), below(10)\n(True, False)\n"""\n\n'
        + LIMIT,
        "pytest.ini": "[pytest]\npythonpath = .\naddopts = --doctest-modules\n",
        POLICY: '[source]\ninclude = ["lib"]\n[tests]\npaths = ["lib"]\ntimeout = "20s"\n',
    }
)
TOGETHER = Case(
    {
        "lib/ops.py": f"{LIMIT}\n\ndef test_below():\n{ASKS}",
        "pytest.ini": "[pytest]\npythonpath = .\npython_files = *.py\n",
        POLICY: '[source]\ninclude = ["lib"]\n[tests]\npaths = ["lib"]\ntimeout = "20s"\n',
    }
)


CLI = """\
import sys

LIMIT = 10


def main(argv):
    print("yes" if int(argv[0]) < LIMIT else "no")


if __name__ == "__main__":
    main(sys.argv[1:])
"""


def started_by(options: str) -> Case:
    """A program that tests start as a process of its own, in one way."""
    asks = (
        "import os\nimport subprocess\nimport sys\n\n\ndef ask(number):\n"
        f"    started = subprocess.run([sys.executable, {options}, capture_output=True, text=True)\n"
        "    return started.stdout.strip()\n\n\n"
        "def test_main():\n    assert ask(9) == 'yes'\n    assert ask(10) == 'no'\n"
    )
    return Case({"lib/cli.py": CLI, "tests/test_cli.py": asks}, mutated="lib/cli.py")


OWN_PATH = "'-m', 'cli', str(number)], env={**os.environ, 'PYTHONPATH': 'lib'}"
ISOLATED = "'-I', 'lib/cli.py', str(number)]"
NOTHING_HANDED_DOWN = "'-B', '-c', 'import lib.cli as m; m.main([\\'%d\\'])' % number], env={}"


def mutate(laboratory: Laboratory, case: Case) -> Run:
    """Run the mutants of a case's file."""
    laboratory.variables.update(case.variables)
    for path, content in case.files.items():
        laboratory.write(path, content)
    laboratory.policy(timeout='"20s"')
    return laboratory.mutate(case.mutated)


def statuses(run: Run) -> dict[str, set[str]]:
    """The statuses of the mutants that count, by their function; that of the module is empty."""
    found: dict[str, set[str]] = collections.defaultdict(set)
    for mutant in run.mutants:
        if mutant["status"] != "Ignored":
            found[mutant["function"]].add(mutant["status"])
    return found


def reasons(run: Run) -> set[str]:
    mutants: list[dict[str, Any]] = run.mutants
    return {mutant["reason"] for mutant in mutants if mutant["status"] == "Pending"}


def test_what_is_imported_before_any_change_is_killed_when_it_is_live_or_unresolved(
    laboratory: Laboratory,
) -> None:
    run = mutate(laboratory, EARLY)
    assert statuses(run) == {"": {"Pending"}, "below": {"Killed"}}
    assert reasons(run) == {
        "it could not be put in place: its file is imported with pytest, before any change can be there"
    }


def test_a_text_that_is_executed_without_a_name_is_not_in_place_and_does_not_survive(
    laboratory: Laboratory,
) -> None:
    run = mutate(laboratory, NAMELESS)
    assert statuses(run) == {"": {"Pending"}, "below": {"NoCoverage"}}
    assert reasons(run) == {UNPLACED_FILE}
    assert run.document["mutation"]["controls"]["unplaced"] == ["lib/ops.py"]
    assert "no test notices when lib/ops.py raises" in run.messages("mutation.controls")


@pytest.mark.parametrize("case", [DOCTEST, TOGETHER])
def test_constants_of_a_file_that_pytest_takes_for_tests_are_in_place(
    laboratory: Laboratory, case: Case
) -> None:
    found = statuses(mutate(laboratory, case))
    assert (found[""], found["below"]) == ({"Killed"}, {"Killed"})


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All ways of tests/projects/placement, mutated once."""
    laboratory = Laboratory(tmp_path_factory.mktemp("placement"))
    laboratory.add("placement")
    # Rewritten code that an earlier pytest has kept is that of the file as it is.
    plain = laboratory.pytest("-q", "tests/test_ways.py")
    assert plain.returncode == 0, plain.stdout
    assert list((laboratory.root / "lib/__pycache__").glob("rewritten.*-pytest-*.pyc"))
    return mutate(laboratory, Case({}, mutated="lib"))


@pytest.mark.parametrize(
    "way",
    [
        path.stem
        for path in sorted((PROJECTS / "placement/lib").glob("*.py"))
        if path.stem != "hook"
    ],
)
def test_a_file_is_changed_in_whatever_way_it_comes_to_run(ways: Run, way: str) -> None:
    found = {
        (mutant["function"], mutant["status"])
        for mutant in ways.mutants
        if mutant["path"] == f"lib/{way}.py"
    }
    expected = {("", "Killed"), ("below", "Killed")}
    assert found >= expected
    assert {status for _, status in found} == {"Killed"}


def test_a_process_with_a_path_of_its_own_is_changed(laboratory: Laboratory) -> None:
    run = mutate(laboratory, started_by(OWN_PATH))
    assert statuses(run) == {"": {"Killed"}, "main": {"Killed"}}


@pytest.mark.parametrize(
    ("options", "status"), [(ISOLATED, "Pending"), (NOTHING_HANDED_DOWN, "NoCoverage")]
)
def test_what_runs_only_in_processes_that_cannot_be_reached_does_not_survive(
    laboratory: Laboratory, options: str, status: str
) -> None:
    run = mutate(laboratory, started_by(options))
    assert statuses(run) == {"": {status}, "main": {status}}
    if status == "Pending":
        assert reasons(run) == {UNPLACED, UNPLACED_FILE}


# Nothing in a test's own file says that the test relies on the constant.
FIXTURE = "import pytest\nfrom lib.ops import LIMIT\n\n\n@pytest.fixture\ndef limit():\n    return LIMIT\n"
LOOKS = "def test_limit(limit):\n    assert limit == 10\n"
# Imports it first, so no other test is seen to import it.
IMPORTS = "from lib.ops import below\n\n\ndef test_below():\n    assert below(5)\n"
INDIRECT = {
    "a plugin that a conftest names": {
        "conftest.py": 'pytest_plugins = ["shared"]\n',
        "shared.py": FIXTURE,
        "tests/test_z.py": LOOKS,
    },
    "a plugin that an option names": {
        "pytest.ini": "[pytest]\npythonpath = .\naddopts = -p shared\n",
        "shared.py": FIXTURE,
        "tests/test_z.py": LOOKS,
    },
    "an example in a text": {
        "pytest.ini": "[pytest]\npythonpath = .\naddopts = --doctest-glob=*.rst\n",
        "tests/z.rst": ">>> from lib.ops import LIMIT\n>>> LIMIT\n10\n",
    },
    "an example in a module": {
        "pytest.ini": "[pytest]\npythonpath = .\naddopts = --doctest-modules\n",
        "tests/z.py": '"""\n>>> from lib.ops import LIMIT\n>>> LIMIT\n10\n"""\n',
    },
    "a name in a string": {
        "tests/test_z.py": "import importlib\n\nops = importlib.import_module('lib.ops')\n\n\n"
        "def test_limit():\n    assert ops.LIMIT == 10\n",
    },
}


@pytest.mark.parametrize("way", INDIRECT)
def test_code_that_runs_at_import_is_tested_by_all_who_rely_on_it(
    laboratory: Laboratory, way: str
) -> None:
    case = Case({"lib/ops.py": LIMIT, "tests/test_a.py": IMPORTS, **INDIRECT[way]})
    assert statuses(mutate(laboratory, case))[""] == {"Killed"}
