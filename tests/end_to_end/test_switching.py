"""Mutants get into live code: a good test kills them, and they survive a bad one that runs the same lines.

All cases of tests/projects/switching are modules of one repository, which is mutated twice: with their good
tests, and with their bad ones. Only the cases that are selected are in it (`-k generator`).
"""

from __future__ import annotations

import fcntl
import functools
import json
import os
import shutil
import tomllib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from laboratory import POLICY, PROJECTS, Laboratory

from gate.model import DETECTED

SWITCHING = PROJECTS / "switching"
EXPECTED = {
    file.parent.name: tomllib.loads(file.read_text(encoding="utf-8"))
    for file in sorted(SWITCHING.glob("*/expect.toml"))
}
CASES = list(EXPECTED)
POLICY_TEXT = """\
[source]
include = [{include}]

[tests]
paths = ["cases"]
timeout = "20s"
memory = "4GiB"
"""

Mutant = dict[str, Any]
Results = Callable[[str, str], list[Mutant]]


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The mutants of a case as they ended under its "good" or its "bad" test."""
    chosen = {
        item.callspec.params["case"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == request.path
    }

    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    @functools.cache
    def run(kind: str, *, torch: bool) -> list[Mutant]:
        cases = sorted(case for case in chosen if case.startswith("torch_") is torch)
        found = shared / f"switching-{kind}-{'torch' if torch else 'plain'}.json"
        # Processes that run these tests side by side share what the first of them found.
        with found.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not found.exists():
                laboratory = Laboratory(tmp_path_factory.mktemp(kind))
                assemble(laboratory, cases, kind)
                found.write_text(json.dumps(laboratory.mutate("cases").mutants), encoding="utf-8")
        mutants: list[Mutant] = json.loads(found.read_text(encoding="utf-8"))
        return mutants

    return lambda case, kind: [
        mutant
        for mutant in run(kind, torch=case.startswith("torch_"))
        if Path(mutant["path"]).parent.name == case
    ]


@pytest.mark.parametrize("case", CASES)
def test_mutants_of_live_code_are_detected_by_a_test_that_looks(
    case: str, results: Results
) -> None:
    inspect(case, results(case, "good"), "good", "Killed")


@pytest.mark.parametrize("case", CASES)
def test_the_same_mutants_survive_a_test_that_only_runs_them(case: str, results: Results) -> None:
    inspect(case, results(case, "bad"), "bad", "Survived")


@pytest.mark.parametrize("case", CASES)
def test_what_is_counted_is_answered_and_what_is_left_alone_is_not_there(
    case: str, results: Results
) -> None:
    for kind in ("good", "bad"):
        unanswered = [told(each) for each in results(case, kind) if each["status"] == "Pending"]
        assert not unanswered
    if EXPECTED[case].get("all"):
        allowed = {*DETECTED, "Ignored", "CompileError"}
        assert not [told(each) for each in results(case, "good") if each["status"] not in allowed]
    for text in EXPECTED[case].get("untouched", ()):
        assert text in (SWITCHING / case / "subject.py").read_text(encoding="utf-8")
        assert not [told(each) for each in results(case, "good") if text in each["source"]]


def assemble(laboratory: Laboratory, cases: Collection[str], kind: str) -> None:
    """Make the cases packages of one repository, each with one of its two tests."""
    other = "test_bad.py" if kind == "good" else "test_good.py"
    ignored = shutil.ignore_patterns(other, "expect.toml", "__pycache__")
    laboratory.write("cases/__init__.py", "")
    for case in cases:
        laboratory.write(f"cases/{case}/__init__.py", "")
        target = laboratory.root / "cases" / case
        shutil.copytree(SWITCHING / case, target, ignore=ignored, dirs_exist_ok=True)
    modules = [f'"cases/{case}/{name}"' for case in cases for name in modules_of(case)]
    laboratory.write(POLICY, POLICY_TEXT.format(include=", ".join(modules)))


def modules_of(case: str) -> list[str]:
    """Name the files of a case that are mutated."""
    files = (SWITCHING / case).glob("*.py")
    return sorted(file.name for file in files if not file.name.startswith(("test_", "conftest")))


def inspect(case: str, mutants: list[Mutant], kind: str, default: str) -> None:
    """Compare what became of the mutants that a case names with what it expects."""
    for expected in EXPECTED[case]["mutant"]:
        named = list(chosen(mutants, case, expected))
        assert named, f"no mutant of {case} is {expected}"
        allowed = expected.get(kind, [default])
        wrong = [told(each) for each in named if each["status"] not in allowed]
        assert not wrong, f"expected {allowed}:\n" + "\n".join(wrong)
        killers = {each["killed_by"] for each in named} - {None}
        test = f"cases/{case}/test_{kind}.py::"
        assert all(killer.startswith(test) for killer in killers), killers


def chosen(mutants: list[Mutant], case: str, expected: dict[str, Any]) -> Iterator[Mutant]:
    """Yield the mutants that an entry of expect.toml describes."""
    keys = expected.keys() - {"file", "good", "bad"}
    path = f"cases/{case}/{expected.get('file', 'subject.py')}"
    for mutant in mutants:
        same = all(mutant[key] == expected[key] for key in keys)
        if mutant["path"] == path and same and mutant["status"] != "Ignored":
            yield mutant


def told(mutant: Mutant) -> str:
    """Say in one line what became of a mutant."""
    place = f"{mutant['path']}:{mutant['line']}:{mutant['column']}"
    change = f"{mutant['original']!r} → {mutant['replacement']!r}"
    return f"{place} {change}: {mutant['status']} {mutant['reason']} {mutant['killed_by'] or ''}"
