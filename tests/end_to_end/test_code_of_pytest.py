"""A project that pytest itself imports is measured from its first line."""

from __future__ import annotations

import ast
import os
import shutil
from pathlib import Path

import iniconfig
from laboratory import POLICY, Laboratory

from gate.errors import ExitCode

SECTIONS = r"""
from iniconfig import IniConfig

def test_sections():
    assert list(IniConfig("a.ini", "[a]\nx=1\n")["a"]) == ["x"]
"""


def test_what_pytest_imports_is_measured_from_its_first_line(laboratory: Laboratory) -> None:
    installed = Path(iniconfig.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__", "py.typed")
    shutil.copytree(installed, laboratory.root / "iniconfig", ignore=ignored)
    laboratory.write("tests/test_sections.py", SECTIONS)
    policy = laboratory.root / POLICY
    policy.write_text(policy.read_text().replace('["lib"]', '["lib", "iniconfig"]'))
    path = {"PYTHONPATH": str(laboratory.root), "PYTHONDONTWRITEBYTECODE": "1"}
    run = laboratory.check(**path)
    assert "suite.measured" not in run.forcing, run.output
    entry = run.document["coverage"]["files"]["iniconfig/__init__.py"]
    missing = {line for first, last in entry["missing_lines"] for line in range(first, last + 1)}
    module = ast.parse((laboratory.root / "iniconfig/__init__.py").read_text())
    assert missing.isdisjoint(statement.lineno for statement in module.body)
    doctor = laboratory.command("doctor", "--policy", POLICY, **path).finish(verdict=False)
    assert "pytest itself imports iniconfig" in " ".join(doctor.output.split())


def test_what_coverage_imports_is_said_to_come_from_there(laboratory: Laboratory) -> None:
    # In the place of what coverage.py looks for when it starts, and does without where it is missing.
    laboratory.write(
        "site/sitecustomize.py",
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'coverage.control':\n"
        "            import lib.arithmetic\n"
        "sys.meta_path.insert(0, Finder())\n",
    )
    path = os.pathsep.join([str(laboratory.root / "site"), str(laboratory.root)])
    run = laboratory.check(PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
    assert run.code == ExitCode.INCONCLUSIVE
    assert "coverage.py itself imports it" in run.messages("suite.measured")
