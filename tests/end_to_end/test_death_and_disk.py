"""A whole check with mutation, killed at points all over it, or with one of its writes failing.

After each: no process, no scratch folder, the tree and the home as they were, no PASS that is not earned;
and the next run is right. Few points are tried, and the next run looked at once, unless LAB_POINTS in the
environment asks for more (`make faults`); then the next run is looked at after each.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from laboratory import POLICY, THOROUGH, Laboratory, Run, Running, without_time

from gate.errors import ExitCode
from gate.judge.verify import verify
from gate.results.document import read_results

FAULTY = Path(__file__).with_name("faulty.py")
POINTS = int(os.environ.get("LAB_POINTS", "3"))
CHECK = ("check", "--policy", POLICY, "--jobs", "2", "--base", "HEAD")
# So many writes at the beginning and at the end of a run are each tried, whatever LAB_POINTS says.
FIRST, LAST = 2, 5
# What the history warns of: the next run takes longer, and finds the same.
NOT_KEPT = "what this run learns is not kept"


@pytest.fixture
def mutated(laboratory: Laboratory) -> Laboratory:
    """A laboratory with a core of one function, whose mutants its tests kill."""
    laboratory.write("lib/core.py", "def double(number):\n    return number + number\n")
    laboratory.write(
        "tests/test_core.py",
        "from lib.core import double\n\n\ndef test_double():\n    assert double(3) == 6\n",
    )
    file = laboratory.root / POLICY
    text = file.read_text().replace("[tests]", '[mutation]\ncore = ["lib/core.py"]\n\n[tests]')
    # The probe would only cost time here: what is looked for is not in the suite.
    file.write_text(text + 'order = "off"\n')
    # Nothing hangs here, and other load on the machine is no fault.
    laboratory.policy(timeout='"20s"')
    laboratory.commit()
    laboratory.write("lib/core.py", "def double(number):\n    return number + number  # twice\n")
    return laboratory


def run_with(laboratory: Laboratory, fault: str, number: int) -> tuple[Run, list[str]]:
    """Run a check with a fault; gives what there was to count, too."""
    counts = laboratory.home.parent / "counts"
    command = [sys.executable, str(FAULTY), fault, str(number), str(counts), *CHECK]
    run = Running(laboratory, command, laboratory.root, {}).finish()
    return run, counts.read_text().splitlines() if counts.exists() else []


def right(laboratory: Laboratory) -> Any:
    """What a run without a fault says, which must be a PASS."""
    run = laboratory.command(*CHECK).finish()
    assert run.code == ExitCode.PASS, run.output + run.errors
    verify(read_results(laboratory.root / ".gate/results.json"))
    return without_time(run.document)


def spread(last: int, points: int) -> list[int]:
    """So many numbers from 1 to `last`, evenly, both ends among them."""
    return sorted({1 + round(step * (last - 1) / (points - 1)) for step in range(points)})


def earned(run: Run, reference: Any) -> bool:
    """A run that says PASS has found out all that there is to find out, but may not have kept it."""
    if run.code != ExitCode.PASS:
        return True
    found = without_time(run.document)
    found["findings"] = [each for each in found["findings"] if NOT_KEPT not in each["message"]]
    found["mutation"]["notes"] = [
        note for note in found["mutation"]["notes"] if NOT_KEPT not in note
    ]
    return bool(found == reference)


def at_ends_and_between(last: int) -> Iterable[int]:
    ends = {*range(1, FIRST + 1), *range(last - LAST + 1, last + 1)}
    return sorted(ends | set(spread(last, POINTS)))


def test_a_gate_killed_at_any_point_leaves_nothing_behind_and_the_next_run_is_right(
    mutated: Laboratory,
) -> None:
    reference = right(mutated)
    _, doings = run_with(mutated, "killed", 0)
    assert len(doings) > 50, doings
    # How many frames come at once differs from run to run, so the last points may be past its end.
    for point in spread(len(doings), POINTS):  # the last is the end of the publishing
        run, _ = run_with(mutated, "killed", point)
        where = doings[point - 1]
        assert run.code in (-signal.SIGKILL, ExitCode.PASS), (point, where)
        # What is there after a kill was complete before it.
        assert run.results is None or without_time(run.results) == reference, (point, where)
        assert not THOROUGH or right(mutated) == reference, (point, where)
    assert right(mutated) == reference


def test_a_write_that_fails_is_never_a_pass_that_is_not_earned_and_the_next_run_is_right(
    mutated: Laboratory,
) -> None:
    reference = right(mutated)
    _, writes = run_with(mutated, "unwritten", 0)
    assert len(writes) > FIRST + LAST, writes
    for number in at_ends_and_between(len(writes)):
        run, _ = run_with(mutated, "unwritten", number)
        where = writes[number - 1]
        assert run.code in (ExitCode.PASS, ExitCode.USAGE, ExitCode.INCONCLUSIVE), (number, where)
        assert earned(run, reference), (number, where)
        if run.results is None:
            assert "next: " in run.errors, (number, where, run.errors)
        assert not THOROUGH or right(mutated) == reference, (number, where)
    assert right(mutated) == reference
