from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from builders import (
    TODAY,
    make_cause,
    make_evidence,
    make_exclusion,
    make_file_coverage,
    make_order,
    make_outcome,
    make_policy,
    make_suite,
)

from gate.judge.rules.suite_ended import rule as suite_ended
from gate.judge.rules.suite_exclusions import rule as suite_exclusions
from gate.judge.rules.suite_flaky import rule as suite_flaky
from gate.judge.rules.suite_measured import rule as suite_measured
from gate.judge.rules.suite_order import rule as suite_order
from gate.judge.rules.suite_passed import rule as suite_passed
from gate.model import (
    Cause,
    CoverageMap,
    Evidence,
    Finding,
    Problem,
    Ratio,
    SessionEnd,
    SuiteRun,
)
from gate.policy.model import Policy

Rule = Callable[[Policy, Evidence, date], Iterator[Finding]]

INSTALL_IT = (
    "install the project (pip install -e .) where the tests run, or add its folder to pythonpath in "
    "pytest's configuration."
)
OR_NAME = "or name the Python that has it with --python."
EXCLUSION = """
[[tests.exclude]]
{what}
reason = "it hangs"
owner = "core"
expires = {expires}
"""


def findings(rule: Rule, evidence: Evidence, policy: str = "") -> list[Finding]:
    return list(rule(make_policy(policy), evidence, TODAY))


def test_a_measured_suite_has_nothing_to_say() -> None:
    for rule in (suite_measured, suite_passed, suite_order, suite_flaky, suite_exclusions):
        assert findings(rule, make_evidence()) == []


@pytest.mark.parametrize(
    ("suite", "said"),
    [
        (SuiteRun(()), "no tests were collected"),
        (make_suite(make_outcome(outcome="skipped")), "no test passed: 1 skipped"),
        (
            make_suite(make_outcome("t::a", "xfailed"), make_outcome("t::b", "skipped")),
            "no test passed: 1 skipped, 1 xfailed",
        ),
    ],
)
def test_a_suite_in_which_nothing_passed_is_no_evidence(suite: SuiteRun, said: str) -> None:
    (finding,) = findings(suite_measured, make_evidence(suite))
    assert (finding.message, finding.forces) == (said, "inconclusive")
    assert finding.help == (
        "Let at least one test run here and pass."
        if suite.outcomes
        else "See what pytest --collect-only finds, and point [tests] paths at the tests."
    )


def test_an_unexpected_pass_is_a_pass() -> None:
    suite = make_suite(make_outcome(outcome="xpassed"))
    assert findings(suite_measured, make_evidence(suite)) == []


@pytest.mark.parametrize("files", [(), (make_file_coverage(lines=0),)])
def test_no_measured_line_is_no_evidence(files: tuple[object, ...]) -> None:
    (finding,) = findings(suite_measured, make_evidence(files=files))  # type: ignore[arg-type]  # of the parametrization
    assert (finding.message, finding.forces) == ("no line was measured", "inconclusive")


def test_each_problem_is_told_once_and_forces_inconclusive() -> None:
    lost = Problem("share 2", "its worker ended badly")
    torn = Problem("coverage", "the data is torn")
    evidence = make_evidence(make_suite(problems=(lost, lost)), problems=(torn, lost))
    told = findings(suite_measured, evidence)
    assert [finding.message for finding in told] == [
        "share 2: its worker ended badly",
        "coverage: the data is torn",
    ]
    assert {finding.forces for finding in told} == {"inconclusive"}


def test_a_hole_in_the_changed_lines_is_a_hole() -> None:
    torn = CoverageMap((), (Problem("pkg/a.py", "its lines do not match"),))
    evidence = replace(make_evidence(), changed_coverage=torn)
    (finding,) = findings(suite_measured, evidence)
    assert finding.message == "pkg/a.py: its lines do not match"


def test_a_file_of_tests_that_pytest_did_not_collect_is_named_and_forces_nothing() -> None:
    coverage = replace(make_evidence().coverage, unrun=("tests/check_a.py", "tests/check_b.py"))
    first, second = findings(suite_measured, replace(make_evidence(), coverage=coverage))
    assert (first.path, second.path) == ("tests/check_a.py", "tests/check_b.py")
    assert (first.rule, first.level, first.forces) == ("suite.measured", "warning", None)
    assert first.message == (
        "it holds tests, and pytest collected none of them: it is neither run nor measured"
    )
    assert first.help == "Let pytest collect it, or name it in [source] include if it is code."


def test_an_unreadable_file_is_one_hole_though_told_by_file_and_problem() -> None:
    blind = make_file_coverage("pkg/b.py", 0, unreadable="invalid syntax, line 3")
    evidence = make_evidence(
        files=(make_file_coverage(), blind), problems=(Problem("pkg/b.py", blind.unreadable),)
    )
    (finding,) = findings(suite_measured, evidence)
    assert (finding.path, finding.forces) == ("pkg/b.py", "inconclusive")
    assert "[source] include" in finding.help


def minor(version: str) -> str:
    return version.rpartition(".")[0]


@pytest.mark.parametrize(
    ("ours", "theirs", "is_newer"),
    [
        ("3.11.7", "3.14.0", True),
        ("3.9.7", "3.10.0", True),
        ("3.14.0", "3.14.2", False),
        ("3.14.0", "3.11.7", False),
        ("", "3.14.0", False),
    ],
)
def test_a_file_that_only_a_newer_python_may_read_is_told_with_both_versions(
    ours: str, theirs: str, is_newer: bool
) -> None:
    blind = make_file_coverage("pkg/b.py", 0, unreadable="line 3: invalid syntax")
    suite = replace(make_suite(), environment={"gate python": ours, "python": theirs})
    evidence = make_evidence(suite, files=(make_file_coverage(), blind))
    (finding,) = findings(suite_measured, evidence)
    assert finding.forces == "inconclusive"
    if is_newer:
        said = (
            f"Python {minor(ours)} of the gate cannot read it, the tests run with {minor(theirs)}: "
        )
        assert finding.message == f"pkg/b.py: {said}line 3: invalid syntax"
        assert finding.help == (
            "Install the gate with a Python as new as that of the tests, and run it from there; if the file "
            "is no Python there either, correct it."
        )
    else:
        assert finding.message == "pkg/b.py: line 3: invalid syntax"
        assert finding.help == (
            "Correct what the reason names (split a function that is nested too deeply), or leave the file "
            "out of [source] include."
        )


def test_an_older_python_of_the_gate_is_not_blamed_for_what_is_no_file() -> None:
    environment = {"gate python": "3.11.7", "python": "3.14.0"}
    suite = make_suite(problems=(Problem("share 2", "lost"),), environment=environment)
    (finding,) = findings(suite_measured, make_evidence(suite))
    assert finding.message == "share 2: lost"


def test_red_tests_are_one_finding_a_cause_and_the_largest_comes_first() -> None:
    missing = make_cause("ModuleNotFoundError: no module x", "environment")
    suite = make_suite(
        make_outcome("t.py::a", "failed", cause=make_cause()),
        make_outcome("t.py::d", "failed", cause=missing, line=40),
        make_outcome("t.py::c", "error", cause=missing, line=30),
        make_outcome("t.py::b", "failed", cause=missing, line=20),
        make_outcome("t.py::ok"),
    )
    most, least = findings(suite_passed, make_evidence(suite))
    assert most.message == (
        "3 tests failed: ModuleNotFoundError: no module x; first t.py::b, t.py::c and 1 more"
    )
    assert (most.path, most.line, most.measured, most.required) == ("t.py", 20, 3.0, 0.0)
    assert least.message == "1 test failed: AssertionError; t.py::a"
    assert {most.forces, least.forces} == {"fail"}


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("failed", "failed"), ("error", "failed"), ("timeout", "timed out"), ("crashed", "crashed")],
)
def test_a_red_test_without_a_cause_still_fails(outcome: str, words: str) -> None:
    suite = make_suite(make_outcome("t.py::a", outcome, message="E   boom\nmore"))  # type: ignore[arg-type]  # one of the outcomes
    (finding,) = findings(suite_passed, make_evidence(suite))
    assert finding.message == f"1 test {words}: E   boom; t.py::a"
    assert finding.forces == "fail"


@pytest.mark.parametrize(
    ("environment", "command"),
    [({}, "pytest"), ({"started": "as `python -m pytest` does it"}, "python -m pytest")],
)
def test_a_red_test_is_to_be_run_alone_as_the_suite_was_started(
    environment: dict[str, str], command: str
) -> None:
    suite = make_suite(make_outcome("t.py::a", "failed", cause=make_cause()))
    suite = replace(suite, environment=environment)
    (finding,) = findings(suite_passed, make_evidence(suite))
    assert finding.help == f"Run it alone: {command} t.py::a"


@pytest.mark.parametrize(
    ("missing", "environment", "remedy"),
    [
        ("pkg.sub", {}, f"pkg is in this repository: {INSTALL_IT}"),
        ("top", {}, f"top is in this repository: {INSTALL_IT}"),
        ("numpy.linalg", {}, f"Install numpy where the tests run, {OR_NAME}"),
        (
            "a",
            {"interpreter": ".venv/bin/python"},
            f"Install a for .venv/bin/python, which ran the tests, {OR_NAME}",
        ),
    ],
)
def test_a_module_that_is_missing_is_to_be_installed_as_what_it_is(
    missing: str, environment: dict[str, str], remedy: str
) -> None:
    cause = Cause("environment", "as grouped", f"ModuleNotFoundError: No module named '{missing}'")
    suite = make_suite(make_outcome("t.py::a", "failed", cause=cause), environment=environment)
    files = [make_file_coverage("src/pkg/other.py"), make_file_coverage("top.py")]
    (finding,) = findings(suite_passed, make_evidence(suite, files))
    assert finding.help == remedy


def test_assertions_that_share_a_finding_are_told_by_one_of_them() -> None:
    causes = [Cause("test", "AssertionError", f"assert {number} == 5") for number in (1, 2)]
    suite = make_suite(
        make_outcome("t.py::a", "failed", cause=causes[0]),
        make_outcome("t.py::b", "failed", cause=causes[1]),
    )
    (finding,) = findings(suite_passed, make_evidence(suite))
    assert finding.message == (
        "2 tests failed in an assertion, such as: assert 1 == 5; t.py::a, t.py::b"
    )


@pytest.mark.parametrize(
    ("test", "arguments"),
    [(".::project", ". -k project"), ("docs::Group::item", "docs::Group::item")],
)
def test_a_red_test_of_a_folder_is_to_be_run_by_its_name(test: str, arguments: str) -> None:
    suite = make_suite(make_outcome(test, "failed", cause=make_cause()))
    (finding,) = findings(suite_passed, make_evidence(suite))
    assert finding.help == f"Run it alone: pytest {arguments}"


def test_a_test_that_fails_alone_makes_the_suite_contradict_itself() -> None:
    suite = make_suite(
        make_outcome("t.py::a", line=7), order=make_order(dependent=["t.py::a", "gone.py::b"])
    )
    unknown, known = findings(suite_order, make_evidence(suite))
    assert (known.path, known.line, known.forces) == ("t.py", 7, "inconclusive")
    assert (unknown.path, unknown.forces) == (None, "inconclusive")


@pytest.mark.parametrize(
    ("ended", "forces", "measured"),
    [
        (SessionEnd(1, "left open"), "fail", 1.0),
        (SessionEnd(-2), "fail", -2.0),
        (SessionEnd(None, "left open"), "inconclusive", None),
    ],
)
def test_another_end_than_that_of_a_green_suite_is_no_pass(
    ended: SessionEnd, forces: str, measured: float | None
) -> None:
    (finding,) = findings(suite_ended, make_evidence(make_suite(ended=ended)))
    assert (finding.forces, finding.measured) == (forces, measured)
    assert ("left open" in finding.message) is bool(ended.message)


@pytest.mark.parametrize("ended", [None, SessionEnd(0), SessionEnd(0, whole=True)])
def test_a_session_that_ends_well_has_nothing_to_say(ended: SessionEnd | None) -> None:
    assert findings(suite_ended, make_evidence(make_suite(ended=ended))) == []


def test_a_flaky_test_that_stayed_red_is_explained_and_a_green_one_is_not_believed() -> None:
    flaky = make_cause("red once", "flaky")
    suite = make_suite(
        make_outcome("t.py::a", "failed", cause=flaky), make_outcome("t.py::b", cause=flaky)
    )
    red, green = findings(suite_flaky, make_evidence(suite))
    assert (red.level, red.forces) == ("warning", None)
    assert (green.level, green.forces) == ("error", "inconclusive")
    assert findings(suite_passed, make_evidence(suite))[0].forces == "fail"


@pytest.mark.parametrize(
    ("what", "pattern"), [('test = "t.py::*"', "t.py::*"), ('marker = "onnx"', "marker onnx")]
)
def test_an_exclusion_is_listed_with_its_terms(what: str, pattern: str) -> None:
    excluded = (make_exclusion("t.py::a", pattern=pattern),)
    policy = EXCLUSION.format(what=what, expires="2027-03-31")
    (finding,) = findings(suite_exclusions, make_evidence(make_suite(exclusions=excluded)), policy)
    assert finding.message == (
        f"1 test not run, excluded by {pattern}: it hangs (owner core, until 2027-03-31)"
    )
    assert (finding.level, finding.forces) == ("note", None)


@pytest.mark.parametrize(
    ("expires", "forces"), [("2026-06-30", "fail"), ("2026-07-01", None), ("2026-07-02", None)]
)
def test_an_exclusion_fails_from_the_day_after_its_last(expires: str, forces: str | None) -> None:
    excluded = (make_exclusion("t.py::a", pattern="t.py::a"),)
    policy = EXCLUSION.format(what='test = "t.py::a"', expires=expires)
    (finding,) = findings(suite_exclusions, make_evidence(make_suite(exclusions=excluded)), policy)
    assert finding.forces == forces


def test_an_exclusion_that_matches_no_test_is_a_warning() -> None:
    policy = EXCLUSION.format(what='test = "gone.py::*"', expires="2027-03-31")
    (finding,) = findings(suite_exclusions, make_evidence(), policy)
    assert (finding.level, finding.forces) == ("warning", None)
    assert "gone.py::*" in finding.message


def test_a_test_left_out_without_the_policy_is_a_hole() -> None:
    suite = make_suite(exclusions=(make_exclusion("t.py::a", pattern="t.py::*"),))
    (finding,) = findings(suite_exclusions, make_evidence(suite))
    assert (finding.level, finding.forces) == ("error", "inconclusive")


def test_zero_branches_and_functions_are_no_hole() -> None:
    plain = make_file_coverage(branch=Ratio(0, 0), function=Ratio(0, 0))
    assert findings(suite_measured, make_evidence(files=[plain])) == []
