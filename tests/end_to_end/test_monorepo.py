"""A repository of several projects: each is run in its own folder, as its team does."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from laboratory import Laboratory, Run

from gate.errors import ExitCode

SOURCE = "LIMIT = 10\n\n\ndef below(a):\n    return a < LIMIT\n"
TESTS = """from pathlib import Path

from {name}.ops import LIMIT, below


def test_below():
    rows = [row.split() for row in Path("data.txt").read_text().splitlines()]
    assert [str(below(int(left))) for left, _ in rows] == [right for _, right in rows]
    assert LIMIT == 10
"""
DATA = "9 True\n10 False\n"


def service(laboratory: Laboratory, name: str) -> None:
    """A project with settings, code, tests and a file of its own, and a policy."""
    folder = f"services/{name}"
    settings = '[tool.pytest.ini_options]\npythonpath = ["src"]\ntestpaths = ["tests"]\n'
    laboratory.write(f"{folder}/pyproject.toml", settings)
    laboratory.write(f"{folder}/src/{name}/__init__.py", "")
    laboratory.write(f"{folder}/src/{name}/ops.py", SOURCE)
    laboratory.write(f"{folder}/tests/test_ops.py", TESTS.format(name=name))
    laboratory.write(f"{folder}/data.txt", DATA)
    policy = (
        f'[source]\ninclude = ["{folder}/src"]\n[tests]\npaths = ["{folder}/tests"]\n'
        f'[mutation]\ncore = ["{folder}/src"]\n'
    )
    laboratory.write(f"{folder}/gate.toml", policy)


@pytest.fixture
def repository(tmp_path: Path) -> Laboratory:
    laboratory = Laboratory(tmp_path, project=None)
    service(laboratory, "alpha")
    service(laboratory, "beta")
    laboratory.git("init", "--quiet", "--initial-branch=main")
    return laboratory


def check(laboratory: Laboratory, policy: str, *arguments: str) -> Run:
    laboratory.commit()
    command = ("check", "--jobs", "2", "--policy", policy, *arguments)
    return laboratory.command(*command).finish()


@pytest.mark.parametrize("name", ["alpha", "beta"])
def test_each_project_is_run_where_its_settings_are(repository: Laboratory, name: str) -> None:
    assert repository.pytest("-q", cwd=repository.root / "services" / name).returncode == 0
    run = check(repository, f"services/{name}/gate.toml")
    assert run.code == ExitCode.PASS, run.output
    assert run.environment["directory"] == f"services/{name}"
    # Of the function, and of the constant that an import computes.
    assert run.document["mutation"]["counts"]["Survived"] == 0
    killed = next(m for m in run.mutants if m["status"] == "Killed")
    told = repository.tell("show", killed["id"]).output
    assert f"(cd services/{name} && python -m pytest tests/test_ops.py::test_below)" in told


def test_a_weakened_test_of_one_project_is_compared_where_its_settings_are(
    repository: Laboratory,
) -> None:
    repository.commit()
    repository.git("checkout", "-q", "-b", "change")
    path = "services/alpha/tests/test_ops.py"
    repository.write(path, TESTS.format(name="alpha").replace("== [right", "or [right"))
    run = check(repository, "services/alpha/gate.toml", "--base", "main")
    assert run.code == ExitCode.FAIL, run.output
    assert "is noticed by no test any more" in run.messages("mutation.lost")


@pytest.mark.parametrize(
    ("settings", "code", "cwd"),
    [("pytest.ini", ".", ""), ("tests/pytest.ini", "..", ""), ("app/pytest.ini", ".", "app")],
)
def test_settings_at_the_root_or_beside_the_tests_alone_make_no_project(
    tmp_path: Path, settings: str, code: str, cwd: str
) -> None:
    laboratory = Laboratory(tmp_path, project=None)
    folder = "app/" if cwd else ""
    test = (
        "import os\n\nfrom pkg.ops import below\n\n\ndef test_below():\n"
        f"    assert os.getcwd().endswith({('subject/' + cwd).rstrip('/')!r})\n    assert below(9)\n"
    )
    laboratory.write(settings, f"[pytest]\npythonpath = {code}\n")
    laboratory.write(f"{folder}pkg/__init__.py", "")
    laboratory.write(f"{folder}pkg/ops.py", SOURCE)
    laboratory.write(f"{folder}tests/unit/test_ops.py", test)
    paths = f'[tests]\npaths = ["{folder}tests/unit"]\n'
    laboratory.write("gate.toml", f'[source]\ninclude = ["{folder}pkg"]\n{paths}')
    laboratory.git("init", "--quiet", "--initial-branch=main")
    run = check(laboratory, "gate.toml", "--no-mutation")
    assert run.counts == {"passed": 1}, run.output


WRITTEN = (
    *("gate.toml", ".github", ".github/workflows"),
    *(f".github/workflows/{name}.yml" for name in ("gate", "gate-comment")),
)


def init(repository: Laboratory, folder: Path) -> str:
    """Call `gate init` in a folder, and give what it says."""
    run = repository.command("init", "--jobs", "2", cwd=folder).finish(WRITTEN, verdict=False)
    assert run.code == ExitCode.PASS, run.output
    return run.output


def newcomers(repository: Laboratory) -> None:
    """Three projects without a policy, one of them with its tests in its package."""
    for name in ("alpha", "beta"):
        (repository.root / f"services/{name}/gate.toml").unlink()
    repository.write("services/gamma/setup.py", "")
    repository.write("services/gamma/gamma/__init__.py", "")
    repository.write("services/gamma/gamma/ops.py", SOURCE)
    test = "from gamma.ops import below\n\n\ndef test_below():\n    assert below(9)\n"
    repository.write("services/gamma/gamma/tests/test_ops.py", test)
    repository.write("services/gamma/gamma/tests/__init__.py", "")
    repository.commit()


@pytest.mark.parametrize(
    ("name", "include", "tests"),
    [("alpha", "src/alpha", "tests"), ("gamma", "", "")],
)
def test_a_policy_for_one_project_of_several_is_written_in_its_folder(
    repository: Laboratory, name: str, include: str, tests: str
) -> None:
    newcomers(repository)
    folder = repository.root / "services" / name
    told = init(repository, folder)
    assert "First, as" not in told, told
    policy = tomllib.loads((repository.root / "gate.toml").read_text())
    assert policy["source"]["include"] == [f"services/{name}/{include}".rstrip("/")]
    assert policy["tests"]["paths"] == [f"services/{name}/{tests}".rstrip("/")]
    assert [path.rpartition("/")[2] for path in policy["mutation"]["core"]] == ["ops.py"]
    workflow = (repository.root / ".github/workflows/gate.yml").read_text()
    assert f"          cd services/{name}\n" in workflow
    run = repository.command("check", "--jobs", "2").finish()
    assert run.code == ExitCode.PASS, run.output
    assert run.counts == {"passed": 1}


def test_at_the_root_of_several_projects_a_red_run_says_where_to_call_init(
    repository: Laboratory,
) -> None:
    newcomers(repository)
    told = init(repository, repository.root)
    first = told.partition("First, as")[2].splitlines()[1]
    assert "several projects (services/alpha, services/beta, services/gamma)" in first, told
    assert "call `gate init` in its folder" in first
