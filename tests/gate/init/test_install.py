from __future__ import annotations

import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

from gate.init.install import Install, install_of, python_version


def installed(*files: str, project: str = "") -> Install:
    return install_of(files, tomllib.loads(project))


def pip_words(install: Install) -> list[str]:
    return shlex.split(install.lines[-1])[4:]


def test_a_project_with_a_uv_lock_is_installed_by_uv() -> None:
    install = installed("uv.lock", "pyproject.toml", project='[project]\nname = "shop"\n')
    assert any("uv sync --locked" in line for line in install.lines)
    assert "uv.lock" in install.why


def test_one_project_of_several_is_installed_from_its_folder() -> None:
    whole = install_of(["setup.py"], {})
    assert install_of(["setup.py"], {}, "my libs/shop") == Install(
        ("cd 'my libs/shop'", *whole.lines), whole.why
    )


@pytest.mark.parametrize("project", ["[tool.poetry]\nname = 'shop'\n", ""])
def test_a_project_of_poetry_is_installed_by_poetry(project: str) -> None:
    files = ("pyproject.toml", *([] if project else ["poetry.lock"]))
    install = installed(*files, project=project)
    assert any('poetry" install' in line for line in install.lines)


@pytest.mark.parametrize(
    ("files", "project", "words"),
    [
        (["setup.py"], "", ["-e", "."]),
        (["pyproject.toml"], '[project]\nname = "shop"\n', ["-e", "."]),
        (["pyproject.toml"], "[tool.ruff]\nline-length = 100\n", []),
        (["requirements.txt"], "", ["-r", "requirements.txt"]),
        (
            ["requirements.txt", "requirements-dev.txt", "requirements-test.txt"],
            "",
            ["-r", "requirements.txt", "-r", "requirements-test.txt"],
        ),
        (["dev-requirements.txt"], "", ["-r", "dev-requirements.txt"]),
        (
            ["requirements/base.txt", "requirements/test.txt", "requirements/docs.txt"],
            "",
            ["-r", "requirements/base.txt", "-r", "requirements/test.txt"],
        ),
        (
            [],
            '[project]\nname = "shop"\n[project.optional-dependencies]\ndev = []\ntest = []\n',
            ["-e", ".[test]"],
        ),
        (
            [],
            '[project]\nname = "shop"\n[dependency-groups]\ndev = []\n',
            ["--group", "dev", "-e", "."],
        ),
        (
            ["require ments/test's.txt", "requirements/test's.txt"],
            "",
            ["-r", "requirements/test's.txt"],
        ),
        (["new\nline/requirements.txt", "requirements\n.txt"], "", []),
    ],
)
def test_pip_gets_what_the_files_say_and_what_the_gate_needs(
    files: list[str], project: str, words: list[str]
) -> None:
    install = installed(*files, project=project)
    assert pip_words(install) == [*words, "pytest>=8", "coverage>=7.10"]


def test_where_nothing_says_what_the_tests_need_that_is_said() -> None:
    assert "add it" in installed("pkg/a.py").why


@pytest.mark.parametrize(
    "files", [["uv.lock"], ["poetry.lock"], ["setup.py"], ["requirements/a 'b' $(c).test.txt"]]
)
def test_every_line_is_a_line_of_a_shell(files: list[str], tmp_path: Path) -> None:
    script = tmp_path / "install.sh"
    script.write_text("\n".join(installed(*files).lines))
    finished = subprocess.run(["bash", "-n", str(script)], capture_output=True, check=False)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize(
    ("project", "pinned", "version"),
    [
        ("", "", "3.11"),
        ('[project]\nrequires-python = ">=3.9"\n', "", "3.11"),
        ('[project]\nrequires-python = ">=3.12,<3.15"\n', "", "3.12"),
        ('[project]\nrequires-python = "~=3.13"\n', "", "3.13"),
        ('[tool.poetry.dependencies]\npython = "^3.12"\n', "", "3.12"),
        ("[project]\nrequires-python = 3\n", "", "3.11"),
        ('[project]\nrequires-python = "==3.12.*"\n', "", "3.12"),
        ("", "3.12.4", "3.12"),
        ("", "3.9", "3.11"),
        ("", "pypy3.10", "3.11"),
    ],
)
def test_python_is_the_oldest_that_project_and_gate_allow(
    project: str, pinned: str, version: str
) -> None:
    assert python_version(tomllib.loads(project), pinned)[0] == version


@pytest.mark.parametrize("wanted", [">=3.8,<3.11", "==3.10.*", "<=3.9"])
def test_a_project_that_allows_only_an_older_python_is_told_so(wanted: str) -> None:
    version, why = python_version({"project": {"requires-python": wanted}})
    assert version == "3.11"
    assert "only older ones" in why
