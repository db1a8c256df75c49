"""`gate prove`, `gate apply`, and `FILE:LINE`: the loop of somebody who writes a test against a survivor."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from laboratory import POLICY, Laboratory, Run, snapshot

from gate.errors import ExitCode

PRICES, TESTS = "lib/prices.py", "tests/test_prices.py"
NEW = """
from lib.prices import shipping

def test_every_weight_has_its_price():
    assert [shipping(3), shipping(1)] == [10, 6]
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Laboratory, Run]:
    laboratory = Laboratory(tmp_path_factory.mktemp("measured"))
    laboratory.add("mutation")
    return laboratory, laboratory.mutate("lib")


@pytest.fixture
def subject(laboratory: Laboratory, measured: tuple[Laboratory, Run]) -> Laboratory:
    """A laboratory with the results of a run of `gate mutate`."""
    laboratory.add("mutation")
    laboratory.commit()
    shutil.copytree(measured[0].root / ".gate", laboratory.root / ".gate")
    return laboratory


def one(run: Run, change: str) -> dict[str, Any]:
    """The mutant of lib/prices.py with this change."""
    (found,) = (
        mutant
        for mutant in run.mutants
        if f"{mutant['original']} → {mutant['replacement']}" == change and mutant["path"] == PRICES
    )
    found_one: dict[str, Any] = found
    return found_one


def prove(subject: Laboratory, *mutants: str, cwd: Path | None = None) -> Run:
    return subject.tell("prove", *mutants, "--policy", str(subject.root / POLICY), cwd=cwd)


def kept(subject: Laboratory) -> dict[str, str]:
    """What a run leaves, the cache aside."""
    found = snapshot(subject.root / ".gate")
    return {path: state for path, state in found.items() if not path.startswith("history")}


def test_a_survivor_is_killed_once_there_is_a_test_for_it(
    subject: Laboratory, measured: tuple[Laboratory, Run]
) -> None:
    mutant = one(measured[1], "2 → 3")
    before = kept(subject)
    run = prove(subject, mutant["id"])
    assert run.code == ExitCode.FAIL, run.output + run.errors
    assert f"{mutant['id']} {PRICES}:{mutant['line']}: survived" in run.output
    subject.write("tests/test_new.py", NEW)
    run = prove(subject, mutant["id"][:8], cwd=subject.root / "lib")
    assert run.code == ExitCode.PASS, run.output + run.errors
    assert "killed by tests/test_new.py::test_every_weight_has_its_price" in run.output
    # The results of the run are still those of the run.
    assert kept(subject) == before


def test_several_mutants_are_proved_at_once_and_one_survivor_decides(
    subject: Laboratory, measured: tuple[Laboratory, Run]
) -> None:
    killed, survivor = one(measured[1], "4 → 5"), one(measured[1], "2 → 3")
    run = prove(subject, killed["id"], survivor["id"])
    assert run.code == ExitCode.FAIL
    lines = run.output.splitlines()
    assert lines[0].startswith(f"{killed['id']} {PRICES}:{killed['line']}: killed by {TESTS}")
    assert lines[1].startswith(f"{survivor['id']} {PRICES}:{survivor['line']}: survived")


def test_of_a_slow_suite_the_likely_test_files_are_asked_first(
    subject: Laboratory, measured: tuple[Laboratory, Run]
) -> None:
    """A test file that has nothing to do with the mutant, and would end the collection, is not read."""
    document = subject.root / ".gate/results.json"
    results = json.loads(document.read_bytes())
    results["suite"]["seconds"] = 60.0
    document.write_text(json.dumps(results))
    subject.write("tests/test_new.py", NEW)
    subject.write("tests/test_other.py", "raise SystemExit('it was collected')\n")
    subject.commit()
    # It is older than the results.
    past = document.stat().st_mtime - 3600
    os.utime(subject.root / "tests/test_other.py", (past, past))
    run = prove(subject, one(measured[1], "2 → 3")["id"])
    assert run.code == ExitCode.PASS, run.output + run.errors


@pytest.mark.parametrize("command", ["prove", "show", "apply"])
def test_a_mutant_that_no_run_has_is_refused(subject: Laboratory, command: str) -> None:
    run = subject.tell(command, "xyz")
    assert run.code == ExitCode.USAGE
    assert "no mutant has an id that begins with xyz" in run.errors


@pytest.mark.parametrize("command", ["prove", "apply"])
def test_a_mutant_of_code_that_has_changed_is_refused(
    subject: Laboratory, measured: tuple[Laboratory, Run], command: str
) -> None:
    subject.write(PRICES, "def shipping(weight):\n    return 4\n")
    subject.commit()
    run = subject.tell(command, one(measured[1], "2 → 3")["id"])
    assert run.code == ExitCode.USAGE
    assert f"{PRICES} has changed since" in run.errors


def test_the_mutants_of_a_line_are_shown_and_run(
    subject: Laboratory, measured: tuple[Laboratory, Run]
) -> None:
    mutant = one(measured[1], "2 → 3")
    place = f"prices.py:{mutant['line']}"
    shown = subject.tell("show", place, cwd=subject.root / "lib")
    assert shown.code == 0
    assert f"{PRICES}:{mutant['line']} shipping  {mutant['id']}" in shown.output
    again = subject.tell("show", f"lib/{place}", "--run")
    assert again.code == ExitCode.USAGE
    assert "--run is about one" in again.errors
    ran = subject.command("mutate", f"lib/{place}", "--policy", POLICY).finish()
    lines = {each["line"] for each in ran.mutants}
    assert lines == {mutant["line"]}
    # A mutant of another line is found in the run before that one.
    all_of_them = measured[1].mutants
    other = next(each for each in all_of_them if each["line"] != mutant["line"])
    assert subject.tell("show", other["id"]).code == 0


def test_a_mutant_stands_in_its_file_until_it_is_undone(
    subject: Laboratory, measured: tuple[Laboratory, Run]
) -> None:
    mutant = one(measured[1], "2 → 3")
    before = (subject.root / PRICES).read_bytes()
    run = subject.command("apply", mutant["id"]).finish(verdict=False, changes=[PRICES])
    assert run.code == 0, run.errors
    difference = subject.git("diff", "--unified=0", "--", PRICES).splitlines()
    assert [line[0] for line in difference[-2:]] == ["-", "+"]
    for command in (("check",), ("mutate", PRICES), ("prove", mutant["id"])):
        refused = subject.tell(*command)
        assert refused.code == ExitCode.USAGE
        assert "gate apply --undo" in refused.errors
    second = subject.tell("apply", mutant["id"])
    assert (second.code, "already" in second.errors) == (ExitCode.USAGE, True)
    undone = subject.command("apply", "--undo", cwd=subject.root / "lib")
    assert undone.finish(verdict=False, changes=[PRICES]).code == 0
    assert (subject.root / PRICES).read_bytes() == before
    assert subject.tell("apply", "--undo").code == ExitCode.USAGE


@pytest.mark.parametrize("arguments", [(), ("abc", "--undo")])
def test_apply_takes_a_mutant_or_undo(subject: Laboratory, arguments: tuple[str, ...]) -> None:
    run = subject.tell("apply", *arguments)
    assert run.code == ExitCode.USAGE
    assert "name a mutant, or --undo" in run.errors


def test_a_folder_of_runs_that_cannot_be_used_is_named(subject: Laboratory) -> None:
    runs = subject.root / ".gate/runs"
    shutil.rmtree(runs)
    runs.symlink_to(subject.root / "lib")
    run = subject.start().finish()
    assert run.code == ExitCode.USAGE
    assert ".gate/runs is a link" in run.errors
