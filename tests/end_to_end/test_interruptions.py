"""Runs that are ended from outside, that meet another run, or that are given more workers."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from laboratory import PATIENCE, Laboratory, Run, without_time

from gate.errors import ExitCode
from gate.judge.verify import verify
from gate.results.document import read_results

MOMENTS = ("reading the repository", "collecting tests", "running 8 tests", "computing coverage")


# The second test tells by a file that the first one is over.
WAITS = """
import pathlib, time

def test_is_quick(): pass

def test_waits():
    pathlib.Path("waits").touch()
    time.sleep(3600)
"""


@pytest.fixture
def slow(laboratory: Laboratory) -> Laboratory:
    """A laboratory with a suite of eight tests that take 1.2 s and leave processes behind."""
    laboratory.add("faults/slow")
    laboratory.commit()
    return laboratory


def all_passed(run: Run, tests: int) -> bool:
    return run.code == ExitCode.PASS and run.counts == {"passed": tests}


@pytest.mark.parametrize("moment", [*MOMENTS, 0.3, 0.8, 1.5, 2.2])
def test_a_gate_that_is_killed_leaves_nothing_behind(slow: Laboratory, moment: str | float) -> None:
    running = slow.start("--base", "HEAD")
    if isinstance(moment, str):
        running.wait_for(moment)
    else:
        time.sleep(moment)
    running.process.kill()
    run = running.finish()
    assert run.code == -signal.SIGKILL
    assert run.results is None


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_after_one_that_was_killed_is_right(slow: Laboratory, moment: str) -> None:
    running = slow.start()
    running.wait_for(moment)
    running.process.kill()
    running.process.wait(PATIENCE)
    # What the killed one left to be cleared is under way, or never will be.
    assert all_passed(slow.check(), 8)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupt_ends_a_run_without_a_verdict(
    slow: Laboratory, moment: str, sign: signal.Signals
) -> None:
    running = slow.start()
    running.wait_for(moment)
    os.killpg(running.process.pid, sign)
    run = running.finish()
    # Before the repository is read, a SIGTERM finds a process that has nothing to put away.
    early = moment == MOMENTS[0] and sign == signal.SIGTERM
    assert run.code in {ExitCode.INTERRUPTED, *({-sign} if early else ())}
    assert run.results is None
    assert "no verdict" in run.errors or run.code == -sign


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_it_has_found_and_says_how_to_go_on(
    laboratory: Laboratory, sign: signal.Signals
) -> None:
    laboratory.write("tests/test_waits.py", WAITS)
    laboratory.commit()
    running = laboratory.start(jobs="1")
    while not (laboratory.root / "waits").exists():
        assert running.process.poll() is None, running.said()
        time.sleep(0.02)
    os.killpg(running.process.pid, sign)
    run = running.finish(changes=["waits"])
    assert (run.code, run.results) == (ExitCode.INTERRUPTED, None)
    assert f"interrupted by {sign.name}: no verdict; " in run.errors
    (kept,) = (laboratory.root / ".gate/runs").glob("*/results.json")
    assert f"gate report .gate/runs/{kept.parent.name}/results.json" in run.errors
    results = read_results(kept)
    verify(results)
    assert results.verdict == "inconclusive"
    assert f"the run was interrupted by {sign.name}" in results.findings[0].message
    assert results.suite.counts["passed"] > 0
    assert laboratory.tell("verify", str(kept)).code == ExitCode.INCONCLUSIVE


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.04, 0.07, 0.1, 0.15])
def test_an_interrupt_near_the_end_leaves_a_verdict_or_none_but_never_half_of_one(
    slow: Laboratory, delay: float
) -> None:
    running = slow.start()
    running.wait_for("judging")
    time.sleep(delay)
    os.killpg(running.process.pid, signal.SIGINT)
    run = running.finish()
    assert (run.code, run.results is None) in {(ExitCode.INTERRUPTED, True), (ExitCode.PASS, False)}


def test_the_document_is_replaced_only_by_that_of_a_complete_run(laboratory: Laboratory) -> None:
    assert all_passed(laboratory.check(), 2)
    document = laboratory.root / ".gate/results.json"
    before = document.read_bytes()
    laboratory.add("faults/conftest_broken")
    run = laboratory.check()
    assert run.code not in (ExitCode.PASS, ExitCode.FAIL)
    assert document.read_bytes() == before


def test_two_gates_at_once_do_not_meet(slow: Laboratory) -> None:
    one, other = (slow.start("--out", f".gate/{name}", jobs="1") for name in ("one", "other"))
    other.process.wait(PATIENCE)
    assert [all_passed(running.finish(), 8) for running in (one, other)] == [True, True]


def test_two_gates_that_share_an_out_folder_leave_one_whole_document(
    laboratory: Laboratory,
) -> None:
    laboratory.commit()
    one, other = laboratory.start(), laboratory.start()
    other.process.wait(PATIENCE)
    assert [all_passed(running.finish(), 2) for running in (one, other)] == [True, True]
    left = sorted(path.name for path in Path(laboratory.root, ".gate").iterdir())
    assert left == [".gitignore", "results.json", "runs"]


def test_the_number_of_jobs_changes_no_result(laboratory: Laboratory) -> None:
    laboratory.add("faults/red")
    laboratory.add("faults/red_alone_across_files")
    laboratory.commit()
    seen = [without_time(laboratory.start(jobs=jobs).finish().document) for jobs in ("1", "2", "8")]
    assert seen[0]["verdict"] == "fail"
    assert seen[0] == seen[1] == seen[2]
