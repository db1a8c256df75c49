"""Options that name a place in the repository: nothing is written there, and no mutant fails for it."""

from __future__ import annotations

import pytest
from laboratory import POLICY, Laboratory

from gate.errors import ExitCode

SAVE = "def save(path, number):\n    path.write_text(str(number + 1))\n"
SAVE_TESTS = """
import pytest
from lib.files import save

def test_save(tmp_path):
    save(tmp_path / "n.txt", 1)
    assert (tmp_path / "n.txt").read_text() == "2"

@pytest.mark.parametrize("number", range(6))
def test_each_has_a_folder_of_its_own(tmp_path, number):
    assert list(tmp_path.iterdir()) == []
    save(tmp_path / "n.txt", number)
    assert (tmp_path / "n.txt").read_text() == str(number + 1)
"""
ELSEWHERE = SAVE_TESTS.replace("test_save", "test_saves_too")

OPTIONS = [
    "--basetemp=.tmp",
    "--junitxml=reports/junit.xml",
    "--log-file=logs/tests.log",
    "--debug=debug.log",
    "-o log_file=logs/tests.log",
    "-o cache_dir=.own_cache",
    "--cov=lib --cov-report=html --cov-report=xml --cov-fail-under=100",
]


@pytest.mark.parametrize("options", OPTIONS)
def test_an_option_that_names_a_place_leaves_nothing_in_the_tree(
    laboratory: Laboratory, options: str
) -> None:
    laboratory.variables.clear()
    laboratory.write("lib/files.py", SAVE)
    laboratory.write("tests/test_files.py", SAVE_TESTS)
    laboratory.write("tests/test_files_again.py", ELSEWHERE)
    laboratory.addopts(options)
    # It inspects the tree.
    run = laboratory.check()
    assert run.code == ExitCode.PASS, run.errors


def test_mutants_are_killed_by_tests_with_a_folder_of_pytest_in_the_tree(
    laboratory: Laboratory,
) -> None:
    laboratory.write("lib/files.py", SAVE)
    laboratory.write("tests/test_files.py", SAVE_TESTS)
    laboratory.write("lib/limits.py", "LIMIT = 10\n")
    laboratory.write(
        "tests/test_limits.py",
        "from lib.limits import LIMIT\n"
        "def test_limit(tmp_path):\n    assert LIMIT == 10 and tmp_path.is_dir()\n",
    )
    laboratory.addopts("--basetemp=.tmp")
    run = laboratory.mutate("lib/files.py", "lib/limits.py")
    statuses = {each["status"] for each in run.mutants}
    assert (run.code, statuses) == (ExitCode.PASS, {"Killed"}), run.output


def test_the_root_of_temporary_folders_is_the_runs_own(laboratory: Laboratory) -> None:
    laboratory.write("lib/files.py", SAVE)
    laboratory.write("tests/test_files.py", SAVE_TESTS)
    (laboratory.root / "temporary").mkdir()
    laboratory.write("temporary/kept.txt", "")
    where = str(laboratory.root / "temporary")
    run = laboratory.check(PYTEST_DEBUG_TEMPROOT=where)
    assert run.code == ExitCode.PASS, run.errors


def test_temporary_files_in_the_tree_are_the_runs_own(laboratory: Laboratory) -> None:
    laboratory.write("lib/files.py", SAVE)
    laboratory.write("tests/test_files.py", SAVE_TESTS)
    laboratory.write(".gitignore", ".gate/\n__pycache__/\n.pytest_cache/\n/temporary/\n")
    laboratory.write("temporary/kept.txt", "")
    laboratory.commit()
    options = ("lib/files.py", "--policy", POLICY, "--jobs", "2")
    run = laboratory.command("mutate", *options, TMPDIR="temporary").finish()
    statuses = {each["status"] for each in run.mutants}
    assert (run.code, statuses) == (ExitCode.PASS, {"Killed"}), run.output
