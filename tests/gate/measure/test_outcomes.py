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
    cause = Cause("test", "ValueError: N")
    assert outcome(SETUP, call, TEARDOWN) == TestOutcome(
        ITEM.test, "failed", 0.5, "ValueError: 3", "text", "pkg/m.py", 7, cause
    )


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"path": "/repo/pkg/m.py", "line": 7}, ("pkg/m.py", 7)),
        ({"path": "pkg/m.py", "line": 7}, ("pkg/m.py", 7)),
        ({"path": "/usr/lib/x.py", "line": 7}, ("tests/test_a.py", 3)),
        ({"path": "/repo/../usr/lib/x.py", "line": 7}, ("tests/test_a.py", 3)),
        ({"path": "<frozen importlib._bootstrap>", "line": 1140}, ("tests/test_a.py", 3)),
        ({"path": "<string>", "line": 1}, ("tests/test_a.py", 3)),
        ({"path": "/repo/.venv/lib/python3.11/json/decoder.py", "line": 7}, ("tests/test_a.py", 3)),
        ({"path": "/repo/env/site-packages/x.py", "line": 7}, ("tests/test_a.py", 3)),
        ({"path": "/repo/env/dist-packages/x.py", "line": 7}, ("tests/test_a.py", 3)),
        ({"path": "/repo/env/lib/pypy3.11/x.py", "line": 7}, ("tests/test_a.py", 3)),
        ({"path": "/repo/env/lib/python3.14t/x.py", "line": 7}, ("tests/test_a.py", 3)),
        ({"path": "/repo/bin/python3.11", "line": 7}, ("bin/python3.11", 7)),
        ({"path": "/repo/pkg/m.py", "line": 1}, ("pkg/m.py", 1)),
        ({"path": "/repo/pkg/m.py", "line": 0}, ("tests/test_a.py", 3)),
        (
            {
                "path": "/usr/lib/x.py",
                "line": 7,
                "frames": [
                    ["/repo/tests/test_a.py", 4],
                    ["/repo/pkg/m.py", 9],
                    ["/usr/lib/x.py", 7],
                ],
            },
            ("pkg/m.py", 9),
        ),
        ({"frames": [["/usr/lib/x.py", 7], ["odd"], "odd", 5]}, ("tests/test_a.py", 3)),
        ({"frames": "odd"}, ("tests/test_a.py", 3)),
        ({"path": "/repo/pkg/m.py"}, ("tests/test_a.py", 3)),
        ({"line": 7}, ("tests/test_a.py", 3)),
        ({}, ("tests/test_a.py", 3)),
    ],
)
def test_a_failure_without_a_place_in_the_repository_is_placed_at_its_test(
    said: dict[str, Any], place: tuple[str, int]
) -> None:
    found = outcome(SETUP, phase("call", "failed", **said), TEARDOWN)
    assert (found.path, found.line) == place


@pytest.mark.parametrize(
    ("said", "message", "detail", "cause"),
    [
        ({"message": "m", "detail": "d"}, "m", "d", "failure: m"),
        ({"detail": "d"}, "d", "d", "failure: d"),
        ({"type": "x.Odd"}, "", "", "Odd"),
        ({}, "", "", "failure"),
    ],
)
def test_a_failure_is_told_by_what_its_report_has(
    said: dict[str, Any], message: str, detail: str, cause: str
) -> None:
    found = outcome(SETUP, phase("call", "failed", **said), TEARDOWN)
    assert (found.message, found.detail) == (message, detail)
    assert found.cause == Cause("test", cause)


@pytest.mark.parametrize("when", ["setup", "teardown"])
def test_a_failed_fixture_is_an_error(when: str) -> None:
    phases = [
        phase(each, "failed" if each == when else "passed")
        for each in ("setup", "call", "teardown")
    ]
    assert outcome(*phases).outcome == "error"


def test_a_failed_call_counts_before_a_failed_fixture() -> None:
    found = outcome(
        phase("setup", "failed", message="a"),
        phase("call", "failed", message="b"),
        phase("teardown", "failed", message="c"),
    )
    assert (found.outcome, found.message) == ("failed", "b")


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        ((phase("setup", "skipped", message="Skipped: no GPU"), TEARDOWN), ("skipped", "no GPU")),
        ((phase("setup", "skipped"), TEARDOWN), ("skipped", "")),
        (
            (SETUP, phase("call", "skipped", xfail="bug 3", message="m"), TEARDOWN),
            ("xfailed", "bug 3"),
        ),
        ((SETUP, phase("call", xfail=""), TEARDOWN), ("xpassed", "")),
        ((SETUP, phase("call", type="x.Skipped"), TEARDOWN), ("passed", "")),
        ((SETUP, phase("call", type="unittest.case.SkipTest"), TEARDOWN), ("passed", "")),
        ((SETUP, phase("call", "rerun"), SETUP, CALL, TEARDOWN), ("passed", "")),
    ],
)
def test_skips_and_expected_failures(phases: Any, expected: tuple[str, str]) -> None:
    found = outcome(*phases)
    assert (found.outcome, found.message) == expected


@pytest.mark.parametrize("said", [{}, {"xfail": "bug 3"}])
def test_a_pass_that_raised_was_altered_and_is_a_failure(said: dict[str, str]) -> None:
    found = outcome(SETUP, phase("call", type="AssertionError", **said), TEARDOWN)
    assert found.outcome == "failed"
    assert found.message == "AssertionError was raised, and a plugin or hook reported a pass"


@pytest.mark.parametrize("phases", [(), (SETUP, TEARDOWN), (SETUP, phase("call", "odd"), TEARDOWN)])
def test_a_test_without_a_report_of_its_call_is_no_pass(phases: Any) -> None:
    found = outcome(*phases)
    assert (found.outcome, found.message) == ("error", "it ended without a report of its call")


def ended(ending: Ending, message: str) -> TestOutcome:
    return outcome_of_end(ITEM, Ended(JOB, ending, message, 0, 2.5, "its output", None))


def test_a_worker_past_its_limit_is_a_timeout() -> None:
    said = "still running after 2 s"
    assert ended("timeout", said) == TestOutcome(
        ITEM.test, "timeout", 2.5, said, "its output", ITEM.path, 3, Cause("timeout", said)
    )


@pytest.mark.parametrize("ending", ["crash", "memory", "output", "protocol", "stopped", "orphaned"])
def test_every_other_end_is_a_crash_with_what_it_said(ending: Ending) -> None:
    said = "killed by SIGSEGV"
    assert ended(ending, said) == TestOutcome(
        ITEM.test, "crashed", 2.5, said, "its output", ITEM.path, 3, Cause("crash", said)
    )


@pytest.mark.parametrize(
    ("said", "message", "detail", "group"),
    [
        ({"message": "a\nE  b", "detail": "text"}, "a\nE  b", "text", "b"),
        ({"detail": "a\nE  b"}, "b", "a\nE  b", "b"),
        ({}, "", "", ""),
    ],
)
def test_a_file_that_fails_to_collect_is_an_error_of_its_own(
    said: dict[str, str], message: str, detail: str, group: str
) -> None:
    cause = Cause("collection", group)
    report = {"test": "tests/test_b.py::TestB", "outcome": "error", **said}
    assert outcome_of_collection(report) == TestOutcome(
        "tests/test_b.py::TestB", "error", 0.0, message, detail, "tests/test_b.py", None, cause
    )


@pytest.mark.parametrize(
    ("said", "message"), [({"message": "Skipped: no torch"}, "no torch"), ({}, "")]
)
def test_a_file_that_skips_itself_is_a_skip(said: dict[str, str], message: str) -> None:
    report = {"test": "tests/test_b.py", "outcome": "skipped", **said}
    assert outcome_of_collection(report) == TestOutcome(
        "tests/test_b.py", "skipped", 0.0, message, path="tests/test_b.py"
    )


def test_a_test_that_no_worker_reported_is_a_crash() -> None:
    said = "no worker reported it"
    assert lost(ITEM, said) == TestOutcome(
        ITEM.test, "crashed", 0.0, said, "", ITEM.path, 3, Cause("crash", said)
    )


def test_outcomes_are_listed_in_the_order_of_collection() -> None:
    items = [ITEM, ITEM, ITEM]
    outcomes = {2: lost(ITEM, "c"), 0: lost(ITEM, "a")}
    assert [each.message for each in in_order(items, outcomes)] == ["a", "c"]
