"""From `gate init` to a verdict: the installed command, on a copy of a small project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from laboratory import Laboratory

from gate.errors import ExitCode

WRITTEN = (
    "gate.toml",
    ".github/workflows/gate.yml",
    ".github/workflows/gate-comment.yml",
)
FOLDERS = (".github", ".github/workflows")


@pytest.fixture
def newcomer(tmp_path: Path) -> Laboratory:
    """A project with good tests and bad ones, and without a policy."""
    laboratory = Laboratory(tmp_path, None)
    for project in ("subject", "mutation"):
        laboratory.add(project)
    shutil.rmtree(laboratory.root / "policies")
    laboratory.git("init", "--quiet", "--initial-branch=main")
    laboratory.commit()
    return laboratory


def run(laboratory: Laboratory, *arguments: str, changes: tuple[str, ...] = ()) -> tuple[int, str]:
    finished = laboratory.command(*arguments).finish(changes, verdict=False)
    return finished.code, finished.output + finished.errors


def test_a_newcomer_s_first_check_passes_under_the_policy_that_init_wrote(
    newcomer: Laboratory,
) -> None:
    code, told = run(newcomer, "init", changes=(*WRITTEN, *FOLDERS))
    assert code == ExitCode.PASS, told
    # No test calls the function of lib/forgotten.py.
    assert "function coverage is" in told
    assert "First" not in told

    code, told = run(newcomer, "doctor")
    assert code == ExitCode.PASS, told
    assert "Ready" in told

    checked = newcomer.command("check", "--jobs", "2").finish()
    assert checked.code == ExitCode.PASS, checked.output
    assert checked.document["policy"]["origin"] == WRITTEN[0]
    assert "less than the gate's goals: function coverage" in checked.messages("policy.valid")
    assert checked.document["mutation"]["core"] == ["lib/arithmetic.py", "lib/prices.py"]
    assert checked.document["mutation"]["counts"]["Killed"] > 0
    measured = checked.document["coverage"]["files"]
    assert {"lib/arithmetic.py", "lib/forgotten.py", "lib/prices.py"} <= measured.keys()


def test_without_a_run_the_goals_of_the_gate_are_written(newcomer: Laboratory) -> None:
    code, told = run(newcomer, "init", "--no-run", changes=(*WRITTEN, *FOLDERS))
    assert code == ExitCode.PASS, told
    checked = newcomer.command("check", "--jobs", "2").finish()
    assert checked.code == ExitCode.FAIL, checked.output
    assert "coverage.function" in checked.forcing
    assert "lib/forgotten.py" in checked.messages("coverage.function")


def test_a_red_suite_is_said_first_and_the_files_are_written(newcomer: Laboratory) -> None:
    newcomer.write("tests/test_red.py", "def test_red():\n    assert 1 == 2, 'not so'\n")
    newcomer.commit()
    code, told = run(newcomer, "init", changes=(*WRITTEN, *FOLDERS))
    assert code == ExitCode.PASS, told
    first = told[told.index("First") : told.index("wrote gate.toml")]
    assert "tests/test_red.py" in first
    assert newcomer.command("check", "--no-mutation").finish().forcing >= {"suite.passed"}


def test_a_suite_that_cannot_start_is_said_first_and_the_files_are_written(
    newcomer: Laboratory,
) -> None:
    newcomer.write("tests/conftest.py", "import nowhere_to_be_found\n")
    newcomer.commit()
    code, told = run(newcomer, "init", changes=(*WRITTEN, *FOLDERS))
    assert code == ExitCode.PASS, told
    assert "nowhere_to_be_found" in told[: told.index("wrote gate.toml")]


def test_what_plain_pytest_cannot_collect_outside_of_the_tests_is_left_out_with_a_line(
    newcomer: Laboratory,
) -> None:
    newcomer.write("examples/test_demo.py", "import nowhere_to_be_found\n")
    newcomer.commit()
    code, told = run(newcomer, "init", changes=(*WRITTEN, *FOLDERS))
    assert code == ExitCode.PASS, told
    assert "plain pytest cannot collect examples/test_demo.py" in told
    assert newcomer.command("check", "--no-mutation").finish().code != ExitCode.FAIL


def test_a_second_call_refuses_and_changes_nothing(newcomer: Laboratory) -> None:
    run(newcomer, "init", changes=(*WRITTEN, *FOLDERS))
    code, told = run(newcomer, "init")
    assert code == ExitCode.USAGE
    assert all(path in told for path in WRITTEN)


def test_doctor_leaves_with_the_code_of_an_environment_error_where_the_gate_cannot_run(
    laboratory: Laboratory,
) -> None:
    laboratory.commit()
    code, told = run(laboratory, "doctor", "--python", str(laboratory.root / "nowhere"))
    assert code == ExitCode.USAGE
    assert "The gate cannot run here: 1 problem" in told


def built(root: Path, into: Path) -> list[str]:
    """Build the wheel of a project with the setuptools that is installed here, and name what it holds."""
    copy = into / "project"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".git"))
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir")
    command = [sys.executable, "-m", "pip", "wheel", *options, str(into), str(copy)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = into.glob("*.whl")
    return sorted(zipfile.ZipFile(wheel).namelist())


def test_a_project_whose_packages_setuptools_finds_is_built_as_before(
    newcomer: Laboratory, tmp_path: Path
) -> None:
    newcomer.write(
        "pyproject.toml",
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "lib"\nversion = "1"\n',
    )
    newcomer.commit()
    before = built(newcomer.root, tmp_path / "before")
    assert "lib/arithmetic.py" in before
    code, told = run(newcomer, "init", changes=(*WRITTEN, *FOLDERS))
    assert code == ExitCode.PASS, told
    assert newcomer.command("check", "--no-mutation").finish().results is not None
    assert built(newcomer.root, tmp_path / "after") == before


def test_a_suite_with_doctests_loses_none_of_them_by_init(newcomer: Laboratory) -> None:
    newcomer.write(
        "pytest.ini",
        "[pytest]\npythonpath = .\ntestpaths = tests docs\naddopts = --doctest-glob=*.rst\n"
        "filterwarnings =\n    ignore:it's old:DeprecationWarning\n",
    )
    newcomer.write("docs/index.rst", ">>> 1 + 1\n2\n")
    newcomer.commit()
    run(newcomer, "init", changes=(*WRITTEN, *FOLDERS))
    code, told = run(newcomer, "doctor")
    assert code == ExitCode.PASS, told
    assert "all that plain pytest collects" in told
    checked = newcomer.command("check", "--no-mutation").finish()
    plain = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"],
        cwd=newcomer.root,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert f"{checked.counts['passed']} passed" in plain.stdout
