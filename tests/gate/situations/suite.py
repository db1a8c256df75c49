"""Situations of the rules about the suite and its isolation."""

from __future__ import annotations

from dataclasses import replace

from builders import (
    make_cause,
    make_change,
    make_evidence,
    make_exclusion,
    make_file_coverage,
    make_order,
    make_outcome,
    make_policy,
    make_suite,
)

from gate.model import (
    CoverageMap,
    Problem,
    SessionEnd,
    SuiteRun,
)
from situations.entered import Situation, excluded, situation


@situation
def nothing_was_collected_and_nothing_measured() -> Situation:
    return make_policy(), make_evidence(SuiteRun(()), files=())


@situation
def no_test_passed() -> Situation:
    outcomes = ("skipped", "failed", "skipped", "xfailed")
    tests = (make_outcome(f"t.py::{n}", each) for n, each in enumerate(outcomes))
    return make_policy(), make_evidence(make_suite(*tests))


@situation
def holes_in_what_was_measured() -> Situation:
    worker, torn = Problem("share 2", "its worker ended badly"), Problem("coverage", "it is torn")
    blind = make_file_coverage("pkg/b.py", 0, unreadable="invalid syntax, line 3")
    moved = make_file_coverage("pkg/c.py", 0, unreadable="no UTF-8")
    evidence = make_evidence(
        make_suite(problems=(worker, worker)),
        (make_file_coverage(missing_lines=range(1, 41)), blind),
        make_change(),
        problems=(torn, worker),
    )
    lines = CoverageMap((moved,), (Problem("pkg/a.py", "its lines do not match"),))
    return make_policy(), replace(evidence, changed_coverage=lines)


@situation
def red_tests_of_every_kind() -> Situation:
    kinds = ("test", "collection", "crash", "timeout", "flaky", "order", "environment")
    tests = [
        make_outcome(f"t_{kind}.py::{number}", "failed", cause=make_cause(f"why {kind}", kind))  # type: ignore[arg-type]
        for count, kind in enumerate(kinds, 1)
        for number in range(count)
    ]
    nowhere = make_outcome("x", "error", path="", line=None, cause=make_cause("nowhere"))
    return make_policy(), make_evidence(make_suite(make_outcome(), nowhere, *tests))


@situation
def tests_that_cannot_be_believed() -> Situation:
    flaky = make_cause("red once, green when run again", "flaky")
    tests = (
        make_outcome("t.py::green", cause=flaky, line=5),
        make_outcome("t.py::alone", line=7),
        make_outcome("a.py::green", "xpassed", path="", line=None, cause=flaky),
        make_outcome("t.py::sure", cause=make_cause()),
        make_outcome("t.py::red", "failed", cause=flaky, line=6),
    )
    order = make_order(dependent=["t.py::alone", "gone.py::b"])
    return make_policy(), make_evidence(make_suite(*tests, order=order))


@situation
def an_end_that_objects() -> Situation:
    ended = SessionEnd(1, "RuntimeError: left open (conftest.py:5)")
    return make_policy(), make_evidence(make_suite(ended=ended))


@situation
def an_end_that_objects_without_a_word() -> Situation:
    return make_policy(), make_evidence(make_suite(ended=SessionEnd(6, whole=True)))


@situation
def an_end_that_does_not_come() -> Situation:
    ended = SessionEnd(None, "still running after 60 s", whole=True)
    return make_policy(), make_evidence(make_suite(ended=ended))


@situation
def tests_that_are_left_out() -> Situation:
    policy = make_policy(
        excluded('test = "t.py::old"', "2026-06-30")
        + excluded('marker = "slow"', "2026-06-30")
        + excluded('test = "t.py::none"', "2026-07-01")
        + excluded('test = "t.py::one"', "2026-07-01")
        + excluded('marker = "onnx"', "2027-01-31")
    )
    left_out = (
        ("t.py::old", "t.py::old"),
        ("t.py::slow_1", "marker slow"),
        ("t.py::slow_2", "marker slow"),
        ("t.py::one", "t.py::one"),
        ("t.py::onnx_1", "marker onnx"),
        ("t.py::onnx_2", "marker onnx"),
        ("t.py::stray_2", "t.py::stray_*"),
        ("t.py::stray_1", "t.py::stray_*"),
    )
    exclusions = tuple(make_exclusion(test, pattern=pattern) for test, pattern in left_out)
    return policy, make_evidence(make_suite(exclusions=exclusions))


@situation
def less_isolation_than_is_asked_for() -> Situation:
    said = {"level": "none", "not in force": "network, Landlock"}
    return make_policy('isolation.require = "full"'), make_evidence(make_suite(isolation=said))


@situation
def an_isolation_that_is_not_told() -> Situation:
    return make_policy('isolation.require = "full"'), make_evidence(make_suite(isolation={}))
