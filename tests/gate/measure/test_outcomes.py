from pathlib import Path
from typing import Any

import pytest

from gate.measure.outcomes import in_order, lost, outcome_of, outcome_of_collection, outcome_of_end
from gate.model import Cause, TestOutcome
from gate.supervise.jobs import Done, Ended, Ending, Job
from gate.supervise.zygote import Item

ROOT = Path("/repo")
ITEM = Item("tests/test_a.py::test_one", "tests/test_a.py", 3, frozenset())
JOB = Job("share 0", (0,), measured=True)


def outcome(*phases: dict[str, Any]) -> TestOutcome:
    return outcome_of(ITEM, Done(JOB, 0, phases, True, 0.5), ROOT)


def phase(when: str, outcome: str = "passed", **fields: Any) -> dict[str, Any]:
    return {"when": when, "outcome": outcome, "seconds": 0.1, **fields}


SETUP, CALL, TEARDOWN = phase("setup"), phase("call"), phase("teardown")


def test_three_passed_phases_are_a_pass() -> None:
    assert outcome(SETUP, CALL, TEARDOWN) == TestOutcome(
        ITEM.test, "passed", 0.5, path="tests/test_a.py", line=3
    )


def test_a_failed_call_is_a_failure_with_message_place_and_cause() -> None:
    call = phase(
        "call",
        "failed",
        type="ValueError",
        message="ValueError: 3",
        path="/repo/pkg/m.py",
        line=7,
        detail="text",
    )
    found = outcome(SETUP, call, TEARDOWN)
    assert (found.outcome, found.message, found.detail) == ("failed", "ValueError: 3", "text")
    assert (found.path, found.line) == ("pkg/m.py", 7)
    assert found.cause == Cause("test", "ValueError: N")


def test_a_place_outside_the_repository_is_replaced_by_the_test() -> None:
    call = phase("call", "failed", path="/usr/lib/x.py", line=7, message="m")
    found = outcome(SETUP, call, TEARDOWN)
    assert (found.path, found.line) == ("tests/test_a.py", 3)


@pytest.mark.parametrize("when", ["setup", "teardown"])
def test_a_failed_fixture_is_an_error(when: str) -> None:
    phases = [
        phase(each, "failed" if each == when else "passed")
        for each in ("setup", "call", "teardown")
    ]
    assert outcome(*phases).outcome == "error"


def test_a_failed_call_counts_before_a_failed_teardown() -> None:
    found = outcome(
        SETUP, phase("call", "failed", message="a"), phase("teardown", "failed", message="b")
    )
    assert (found.outcome, found.message) == ("failed", "a")


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        ((phase("setup", "skipped", message="Skipped: no GPU"), TEARDOWN), ("skipped", "no GPU")),
        (
            (SETUP, phase("call", "skipped", xfail="bug 3", message="m"), TEARDOWN),
            ("xfailed", "bug 3"),
        ),
        ((SETUP, phase("call", xfail=""), TEARDOWN), ("xpassed", "")),
        ((SETUP, phase("call", type="x.Skipped"), TEARDOWN), ("passed", "")),
        ((SETUP, phase("call", "rerun"), SETUP, CALL, TEARDOWN), ("passed", "")),
    ],
)
def test_skips_and_expected_failures(phases: Any, expected: tuple[str, str]) -> None:
    found = outcome(*phases)
    assert (found.outcome, found.message) == expected


def test_a_pass_that_raised_was_altered_and_is_a_failure() -> None:
    found = outcome(SETUP, phase("call", type="AssertionError"), TEARDOWN)
    assert found.outcome == "failed"
    assert found.message == "AssertionError was raised, and a plugin or hook reported a pass"


@pytest.mark.parametrize("phases", [(), (SETUP, TEARDOWN), (SETUP, phase("call", "odd"), TEARDOWN)])
def test_a_test_without_a_report_of_its_call_is_no_pass(phases: Any) -> None:
    found = outcome(*phases)
    assert (found.outcome, found.message) == ("error", "it ended without a report of its call")


def ended(ending: Ending, message: str) -> TestOutcome:
    return outcome_of_end(ITEM, Ended(JOB, ending, message, 0, 2.5, "its output", None))


def test_a_worker_past_its_limit_is_a_timeout() -> None:
    found = ended("timeout", "still running after 2 s")
    assert (found.outcome, found.seconds) == ("timeout", 2.5)
    assert found.cause == Cause("timeout", "still running after 2 s")


@pytest.mark.parametrize("ending", ["crash", "memory", "output", "protocol", "stopped", "orphaned"])
def test_every_other_end_is_a_crash_with_what_it_said(ending: Ending) -> None:
    found = ended(ending, "killed by SIGSEGV")
    assert (found.outcome, found.message, found.detail) == (
        "crashed",
        "killed by SIGSEGV",
        "its output",
    )
    assert found.cause == Cause("crash", "killed by SIGSEGV")


def test_a_file_that_fails_to_collect_is_an_error_of_its_own() -> None:
    report = {"test": "tests/test_b.py", "outcome": "error", "message": "E  No module named 'x'"}
    found = outcome_of_collection(report)
    assert (found.test, found.outcome, found.path) == (
        "tests/test_b.py",
        "error",
        "tests/test_b.py",
    )
    assert found.cause == Cause("collection", "No module named 'x'")


def test_a_file_that_skips_itself_is_a_skip() -> None:
    report = {"test": "tests/test_b.py", "outcome": "skipped", "message": "Skipped: no torch"}
    found = outcome_of_collection(report)
    assert (found.outcome, found.message, found.cause) == ("skipped", "no torch", None)


def test_a_test_that_no_worker_reported_is_a_crash() -> None:
    assert lost(ITEM, "no worker reported it").outcome == "crashed"


def test_outcomes_are_listed_in_the_order_of_collection() -> None:
    items = [ITEM, ITEM, ITEM]
    outcomes = {2: lost(ITEM, "c"), 0: lost(ITEM, "a")}
    assert [each.message for each in in_order(items, outcomes)] == ["a", "c"]
