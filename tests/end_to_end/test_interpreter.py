"""Which interpreter runs the tests, and how they are started, by the whole command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from laboratory import POLICY, Laboratory

from gate.errors import ExitCode


def make_environment(folder: Path, packages: str = "") -> Path:
    """Make an environment that finds what is installed here, or the named packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = next(folder.glob("lib/python3.*/site-packages"))
    here = packages or str(Path(pytest.__file__).parent.parent)
    (site / "tests.pth").write_text(f"{here}\n")
    return site


def test_the_repositorys_own_environment_runs_the_tests_without_an_option(
    laboratory: Laboratory,
) -> None:
    laboratory.write(".gitignore", ".venv\n.gate\n")
    site = make_environment(laboratory.root / ".venv")
    (site / "only_there.py").write_text("VALUE = 1\n")
    laboratory.write(
        "tests/test_there.py", "import only_there\ndef test_it():\n    assert only_there\n"
    )
    run = laboratory.check()
    assert run.code == ExitCode.PASS
    assert "tests run with .venv/bin/python (Python 3." in run.errors
    assert run.environment["interpreter"] == ".venv/bin/python"
    assert run.environment["interpreter chosen"] == "the repository's own environment"


def test_an_environment_that_a_change_brings_along_is_never_used(laboratory: Laboratory) -> None:
    make_environment(laboratory.root / ".venv")
    laboratory.git("add", "--force", ".venv")
    run = laboratory.check()
    assert run.code == ExitCode.PASS
    assert "not .venv/bin/python: git tracks it" in run.errors
    assert run.environment["interpreter"] == sys.executable


def test_the_policy_of_the_base_says_which_interpreter_runs_the_tests(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    laboratory.write(".gitignore", "ours\ntheirs\n.gate\n")
    for name in ("ours", "theirs"):
        make_environment(laboratory.root / name)
    policy = (laboratory.root / POLICY).read_text()
    line = '[tests]\npython = "{}/bin/python"'
    laboratory.write(POLICY, policy.replace("[tests]", line.format("ours")))
    laboratory.commit()
    laboratory.git("checkout", "--quiet", "-b", "change")
    laboratory.write(POLICY, policy.replace("[tests]", line.format("theirs")))
    run = laboratory.check("--base", "main")
    assert run.environment["interpreter"] == "ours/bin/python"


@pytest.mark.parametrize("command", ["report", "verify"])
def test_the_results_of_the_repository_are_found_from_a_folder_inside(
    laboratory: Laboratory, command: str
) -> None:
    laboratory.check()
    told = subprocess.run(
        [sys.executable, "-m", "gate", command],
        cwd=laboratory.root / "tests",
        env=laboratory.environment({}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == ExitCode.PASS
    assert told.stdout.startswith("PASS")


AS_MODULE = {
    "pytest.ini": "[pytest]\naddopts = --import-mode=importlib -p tests.plugin\n",
    "tests/plugin.py": "",
    "tests/test_lib.py": (
        "import subprocess, sys\n"
        "from lib.shop import LIMIT, price\n"
        "def test_price():\n    assert price(1) == 11\n"
        "def test_limit():\n    assert LIMIT == 5\n"
        "def test_child():\n"
        "    child = [sys.executable, '-P', '-c', 'import lib.shop']\n"
        "    assert subprocess.run(child, capture_output=True).returncode == 1\n"
    ),
    "lib/shop.py": "LIMIT = 5\n\n\ndef price(x):\n    return x + 10\n",
}


def test_a_suite_that_needs_the_root_on_its_path_is_started_as_python_m_pytest_does_it(
    tmp_path: Path,
) -> None:
    laboratory = Laboratory(tmp_path, None)
    for path, text in AS_MODULE.items():
        laboratory.write(path, text)
    laboratory.write(POLICY, '[source]\ninclude = ["lib"]\n')
    laboratory.git("init", "--quiet", "--initial-branch=main")
    laboratory.commit()
    assert laboratory.pytest("-p", "no:cacheprovider").returncode == 0
    run = laboratory.mutate("lib/shop.py")
    assert run.code == ExitCode.PASS, run.output
    assert "pytest is started as `python -m pytest` does it" in run.errors
    assert run.environment["started"].startswith("as `python -m pytest`")
    assert {each["status"] for each in run.mutants} == {"Killed"}


def test_a_suite_that_has_what_it_needs_is_started_once(laboratory: Laboratory) -> None:
    run = laboratory.check()
    assert "python -m pytest" not in run.errors
    assert "started" not in run.environment


def test_a_module_that_no_test_file_can_import_is_an_error_and_no_verdict_of_0_percent(
    laboratory: Laboratory,
) -> None:
    for path in (laboratory.root / "tests").glob("test_*.py"):
        path.write_text(f"import not_installed_here\n{path.read_text()}")
    run = laboratory.check()
    assert run.code == ExitCode.USAGE
    assert run.results is None
    assert "could not be imported" in run.errors
    assert "No module named 'not_installed_here'" in run.errors
    assert "--python" in run.errors


def test_an_environment_without_coverage_is_lent_that_of_the_gate_in_child_processes_too(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    for entry in Path(pytest.__file__).parent.parent.iterdir():
        if not entry.name.startswith(("coverage", "a1_coverage", "_testproof", "pytest_cov")):
            (packages / entry.name).symlink_to(entry)
    laboratory.write(".gitignore", ".venv\n.gate\n")
    make_environment(laboratory.root / ".venv", str(packages))
    python = str(laboratory.root / ".venv/bin/python")
    assert subprocess.run([python, "-c", "import coverage"], check=False).returncode == 1
    code = (laboratory.root / "lib/arithmetic.py").read_text()
    laboratory.write("lib/arithmetic.py", f"{code}\n\ndef of_a_child():\n    return 3\n")
    child = "[sys.executable, '-c', 'from lib.arithmetic import of_a_child as f; f()']"
    test = f"import subprocess, sys\ndef test_child():\n    assert subprocess.call({child}) == 0\n"
    laboratory.write("tests/test_child.py", test)
    run = laboratory.check()
    assert run.code == ExitCode.PASS, run.output
    assert "the gate lends it coverage.py" in run.errors
    assert run.environment["coverage lent"] == "by the gate"
    assert run.document["coverage"]["line"]["percent"] == 100
