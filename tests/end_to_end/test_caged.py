"""Tests that cannot be run where mutants run: they are found once, named, and the others decide."""

from __future__ import annotations

from pathlib import Path

import pytest
from laboratory import Laboratory, Run

from gate.errors import ExitCode

SOURCE = """def saved(path, number):
    path.write_text(str(number + 1))


def doubled(number):
    unused = number - 1
    return number * 2
"""
TESTS = """from pathlib import Path

from lib.store import doubled, saved

HERE = Path(__file__).parent


def test_beside_itself():
    saved(HERE / "x.txt", doubled(1))
    assert (HERE / "x.txt").read_text() == "3"
    (HERE / "x.txt").unlink()


def test_doubled():
    assert doubled(2) == 4
"""
POLICY = '[source]\ninclude = ["lib"]\n[mutation]\ncore = ["lib"]\n'


@pytest.fixture
def repository(tmp_path: Path) -> Laboratory:
    laboratory = Laboratory(tmp_path, project=None)
    laboratory.write("policies/default.toml", POLICY)
    laboratory.write("pytest.ini", "[pytest]\npythonpath = .\n")
    laboratory.write("lib/store.py", SOURCE)
    laboratory.write("tests/test_store.py", TESTS)
    laboratory.git("init", "--quiet", "--initial-branch=main")
    return laboratory


def check(laboratory: Laboratory, *arguments: str) -> Run:
    laboratory.commit()
    return laboratory.command("check", "--jobs", "2", *arguments).finish()


def by_status(run: Run, status: str) -> dict[str, str]:
    """The reason of each mutant of one status, by what takes its place."""
    found = run.mutants
    return {m["replacement"]: m["reason"] for m in found if m["status"] == status}


def test_a_test_that_writes_beside_itself_is_named_once_and_the_others_decide(
    repository: Laboratory,
) -> None:
    run = check(repository)
    test = "tests/test_store.py::test_beside_itself"
    needs = "writes into the repository"
    assert (
        f"1 test {needs} ({test}: PermissionError: tests/x.txt) and took no part in mutation testing"
        in run.messages("mutation.measured")
    )
    killed, survived = by_status(run, "Killed"), by_status(run, "Survived")
    assert "number / 2" in killed
    assert "unused = None" in survived
    assert set(survived.values()) == {
        f"1 of its 2 tests took no part: {test} {needs} (PermissionError: tests/x.txt)"
    }
    # Only that test runs what it saves.
    alone = f"its only test took no part: {test} {needs} (PermissionError: tests/x.txt)"
    assert set(by_status(run, "Pending").values()) == {alone}
    again = check(repository)
    assert again.messages("mutation.measured") == run.messages("mutation.measured")


def test_on_the_base_a_test_that_takes_no_part_may_have_noticed_what_is_lost(
    repository: Laboratory,
) -> None:
    repository.commit()
    repository.git("checkout", "-q", "-b", "change")
    weaker = TESTS.replace('== "3"', 'in ("3", "2", "-1")').replace("== 4", "== 4 or True")
    repository.write("tests/test_store.py", weaker)
    run = check(repository, "--base", "main")
    assert run.code == ExitCode.INCONCLUSIVE, run.output
    assert "writes into the repository" in run.messages("mutation.lost")


def test_a_write_that_only_a_mutant_tries_names_its_test_and_its_path(
    repository: Laboratory,
) -> None:
    source = 'from pathlib import Path\n\n\ndef place(folder=""):\n    return Path(folder or ".")\n'
    test = """import pytest

from lib.store import place


def test_place(tmp_path):
    file = place(tmp_path) / "y.txt"
    file.write_text("")
    assert file.exists()
"""
    repository.write("lib/store.py", source)
    repository.write("tests/test_store.py", test)
    run = check(repository)
    told = "tests/test_store.py::test_place fails only because mutants may not write there"
    reasons = by_status(run, "Pending")
    assert reasons
    assert f"{told} (PermissionError: y.txt)" in reasons.values()
