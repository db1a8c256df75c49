"""Which test is which: in repositories where pytest's rootdir is another folder, and tests share an id."""

from __future__ import annotations

from pathlib import Path

import pytest
from laboratory import PROJECTS, Laboratory, Run

from gate.errors import ExitCode

FOLDER = "services/a"
INI = '[tool.pytest.ini_options]\npythonpath = ["src"]\ntestpaths = ["tests"]\n'
TEST = "tests/test_ops.py"
SUITE = """from pkg.consts import LIMIT
from pkg.ops import below


def test_below():
    assert below(9)


def test_edge():
    assert not below(10)


def test_limit():
    assert LIMIT == 10
"""


@pytest.fixture
def repository(tmp_path: Path) -> Laboratory:
    """A service below the root; which file pytest is configured by, each test says."""
    laboratory = Laboratory(tmp_path, project=None)
    laboratory.write(
        "policies/default.toml",
        f'[source]\ninclude = ["{FOLDER}/src"]\n[tests]\npaths = ["{FOLDER}/tests"]\n'
        f'order = "off"\n[mutation]\ncore = ["{FOLDER}/src"]\n',
    )
    laboratory.write(f"{FOLDER}/src/pkg/__init__.py", "")
    laboratory.write(f"{FOLDER}/src/pkg/ops.py", "def below(a):\n    return a < 10\n")
    laboratory.write(f"{FOLDER}/src/pkg/consts.py", "LIMIT = 10\n")
    laboratory.write(f"{FOLDER}/{TEST}", SUITE)
    laboratory.git("init", "--quiet", "--initial-branch=main")
    return laboratory


def check(laboratory: Laboratory, *arguments: str) -> Run:
    """Commit what is not, and check it."""
    laboratory.commit()
    return laboratory.command("check", "--jobs", "2", *arguments).finish()


def check_weakened(laboratory: Laboratory, path: str = f"{FOLDER}/{TEST}") -> Run:
    """Check a change that lets the test of the edge check something else."""
    laboratory.commit()
    laboratory.git("checkout", "-q", "-b", "change")
    laboratory.write(path, SUITE.replace("not below(10)", "below(1)"))
    return check(laboratory, "--base", "main")


def mutants(run: Run, status: str) -> list[str]:
    """The files and replacements of the mutants of one status."""
    found = run.mutants
    each = (m for m in found if m["status"] == status)
    return sorted(f"{m['path'].rpartition('/')[2]}: {m['replacement']}" for m in each)


CONFIGURATIONS = {
    "a project file in the service": {f"{FOLDER}/pyproject.toml": INI},
    "a file beside the tests": {
        f"{FOLDER}/tests/setup.cfg": "[tool:pytest]\npythonpath = ../src\n"
    },
    "an option at the root": {
        "pytest.ini": f"[pytest]\npythonpath = {FOLDER}/src\naddopts = --rootdir={FOLDER}\n"
    },
    "no rootdir of its own": {"pytest.ini": f"[pytest]\npythonpath = {FOLDER}/src\n"},
}


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_a_weakened_test_is_found_whatever_pytest_takes_for_its_rootdir(
    repository: Laboratory, configuration: str
) -> None:
    for path, content in CONFIGURATIONS[configuration].items():
        repository.write(path, content)
    run = check_weakened(repository)
    assert run.code == ExitCode.FAIL, run.output
    assert run.messages("mutation.lost").count("is noticed by no test any more") == 2
    assert f"{FOLDER}/{TEST}::test_edge noticed it" in run.messages("mutation.lost")


def test_code_that_runs_at_import_is_tested_by_the_files_that_import_it(
    repository: Laboratory,
) -> None:
    repository.write(f"{FOLDER}/pyproject.toml", INI)
    run = check(repository)
    assert run.code == ExitCode.PASS, run.output
    assert "consts.py: 11" in mutants(run, "Killed")
    assert mutants(run, "NoCoverage") == []


def test_a_red_test_is_placed_in_its_file_and_an_exclusion_may_leave_the_service_out(
    repository: Laboratory,
) -> None:
    repository.write(f"{FOLDER}/pyproject.toml", INI)
    more = "\n\ndef test_red():\n    assert below(10)\n\n\ndef test_left_out():\n    assert below(10)\n"
    repository.write(f"{FOLDER}/{TEST}", SUITE + more)
    policy = repository.root / "policies/default.toml"
    rule = f'test = "{TEST}::test_left_out"\nreason = "r"\nowner = "o"\nexpires = 2999-01-01\n'
    policy.write_text(policy.read_text() + f"[[tests.exclude]]\n{rule}")
    run = check(repository, "--no-mutation")
    assert run.counts == {"passed": 3, "failed": 1, "excluded": 1}
    entry = run.entry(f"{FOLDER}/{TEST}::test_red")
    assert (entry["path"], entry["line"]) == (f"{FOLDER}/{TEST}", 18)


def test_a_test_whose_file_git_does_not_have_cannot_be_compared_with_the_base(
    repository: Laboratory,
) -> None:
    repository.write(f"{FOLDER}/pyproject.toml", INI)
    repository.write(".gitignore", "test_made.py\n")
    repository.write(f"{FOLDER}/tests/test_made.py", "def test_made():\n    assert True\n")
    repository.commit()
    repository.git("checkout", "-q", "-b", "change")
    repository.write("README", "more\n")
    run = check(repository, "--base", "main")
    assert run.code == ExitCode.INCONCLUSIVE, run.output
    told = f"{FOLDER}/tests/test_made.py::test_made: the file {FOLDER}/tests/test_made.py is not in git"
    assert told in run.messages("mutation.lost")


COLLECTOR = (
    (PROJECTS / "cases/conftest.py").read_text()
    + """
        from pkg.consts import LIMIT

        assert LIMIT == 10
"""
)
CASES = "10 False\n9 True\n"


@pytest.fixture
def cases(repository: Laboratory) -> Laboratory:
    """The service with tests that are lines of a file; all have one id for pytest."""
    repository.write(f"{FOLDER}/pyproject.toml", INI)
    (repository.root / FOLDER / TEST).unlink()
    repository.write(f"{FOLDER}/tests/conftest.py", COLLECTOR)
    repository.write(f"{FOLDER}/tests/a.case", CASES)
    return repository


@pytest.mark.parametrize("lines", [CASES, "9 True\n10 False\n"])
def test_each_of_several_tests_of_one_id_kills_what_it_notices(
    cases: Laboratory, lines: str
) -> None:
    cases.write(f"{FOLDER}/tests/a.case", lines)
    run = check(cases)
    assert run.code == ExitCode.PASS, run.output
    assert mutants(run, "Survived") == []
    path = f"{FOLDER}/tests/a.case"
    assert set(run.document["mutation"]["results"]["tests"]) == {f"{path}::case", f"{path}::case#2"}


def test_a_case_that_a_change_takes_out_of_its_file_is_missed(cases: Laboratory) -> None:
    cases.commit()
    cases.git("checkout", "-q", "-b", "change")
    cases.write(f"{FOLDER}/tests/a.case", "9 True\n")
    run = check(cases, "--base", "main")
    assert run.code == ExitCode.FAIL, run.output
    assert run.messages("mutation.lost").count("is noticed by no test any more") == 2
    assert "case#2" in run.messages("suite.removed")


def test_a_collector_that_a_change_weakens_is_noticed(cases: Laboratory) -> None:
    cases.commit()
    cases.git("checkout", "-q", "-b", "change")
    weaker = COLLECTOR.replace("assert str(below(int(left))) == right", "below(int(left))")
    cases.write(f"{FOLDER}/tests/conftest.py", weaker)
    run = check(cases, "--base", "main")
    assert run.code == ExitCode.FAIL, run.output
    assert "is noticed by no test any more" in run.messages("mutation.lost")


def test_a_link_that_leads_to_weaker_tests_is_noticed(repository: Laboratory) -> None:
    repository.write(f"{FOLDER}/pyproject.toml", INI)
    repository.write("shared/strong.py", SUITE)
    repository.write("shared/weak.py", SUITE.replace("not below(10)", "below(1)"))
    link = repository.root / FOLDER / TEST
    link.unlink()
    link.symlink_to("../../../shared/strong.py")
    repository.commit()
    repository.git("checkout", "-q", "-b", "change")
    link.unlink()
    link.symlink_to("../../../shared/weak.py")
    run = check(repository, "--base", "main")
    assert run.code == ExitCode.FAIL, run.output
    assert run.messages("mutation.lost").count("is noticed by no test any more") == 2
