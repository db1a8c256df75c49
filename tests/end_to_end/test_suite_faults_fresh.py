"""The faults of a suite once more where forking is not safe: each share has a process that collects anew.

A fresh process costs a second or so, so one fault of each kind runs always, and all of them with LAB_POINTS
in the environment (`make faults`).
"""

from __future__ import annotations

import pytest
from laboratory import THOROUGH, Laboratory
from test_suite_faults import (
    COVERAGE,
    CRASHED,
    FAILED,
    MEASURED,
    PASSED,
    TIMEOUT,
    expect,
    run_fault,
)

HANGS = ["infinite_loop", "hang_in_c", "signals_blocked", "stopped", "lock_across_fork"]
HANGS += ["frozen_clock", "hang_with_threads"]
ENDS = ["segfault", "abort", "stack_overflow", "exit_zero", "kills_its_group", "pytest_exit"]
ENDS += ["interrupted", "runaway_allocation", "allocation_in_a_child", "flood"]
FORGERIES = ["forged_garbage", "forged_oversized", "forged_end", "forged_nesting"]
LEFT_BEHIND = ["orphan", "child_in_the_group", "child_with_the_socket", "thread_leak"]
LEFT_BEHIND += ["changed_directory", "writes_home", "fork_bomb_of_orphans"]


def chosen(faults: list[str]) -> list[str]:
    return faults if THOROUGH else faults[:1]


@pytest.fixture
def fresh(laboratory: Laboratory) -> Laboratory:
    """A laboratory where forking is not safe; the order probe is off, as it costs a process for each test."""
    laboratory.add("faults/unsafe_to_fork")
    laboratory.write(
        "policies/lab.toml", (laboratory.root / "policies/lab.toml").read_text() + 'order = "off"\n'
    )
    return laboratory


@pytest.mark.parametrize("fault", chosen(HANGS))
def test_a_hung_test_costs_its_timeout_and_nothing_else(fresh: Laboratory, fault: str) -> None:
    expect(run_fault(fresh, fault), {"test_fault": TIMEOUT}, 4, PASSED)


@pytest.mark.parametrize("fault", chosen(ENDS) + chosen(FORGERIES))
def test_a_test_that_ends_its_process_costs_itself_and_nothing_else(
    fresh: Laboratory, fault: str
) -> None:
    run = run_fault(fresh, fault)
    expect(run, {"test_fault": CRASHED}, 4, PASSED)
    assert run.isolation["workers"].startswith("a fresh process for each share")


@pytest.mark.parametrize("fault", chosen(LEFT_BEHIND))
def test_what_a_test_leaves_behind_is_cleared_and_hides_no_later_failure(
    fresh: Laboratory, fault: str
) -> None:
    run = run_fault(fresh, fault)
    expect(run, {"test_red_after": FAILED}, 4, PASSED)


@pytest.mark.skipif(not THOROUGH, reason="it runs in make faults")
@pytest.mark.parametrize("fault", ["stolen_tracer", "corrupt_coverage"])
def test_evidence_that_was_tampered_with_is_no_evidence(fresh: Laboratory, fault: str) -> None:
    run = run_fault(fresh, fault)
    assert run.forcing & (MEASURED | COVERAGE)


@pytest.mark.skipif(not THOROUGH, reason="it runs in make faults")
@pytest.mark.parametrize("fault", ["failed_into_passed", "report_rewritten", "red"])
def test_a_red_test_stays_red(fresh: Laboratory, fault: str) -> None:
    run = run_fault(fresh, fault)
    assert run.forcing == PASSED
    assert run.isolation["workers"].startswith("a fresh process for each share")
