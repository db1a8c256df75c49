from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from builders import (
    TODAY,
    make_cause,
    make_change,
    make_evidence,
    make_exclusion,
    make_file_coverage,
    make_function,
    make_order,
    make_outcome,
    make_policy,
    make_suite,
)
from hypothesis import given
from hypothesis import strategies as st

from gate.judge import verdict
from gate.judge.rule import Rule
from gate.judge.verdict import decide, judge, judged
from gate.model import (
    CoverageMap,
    Decision,
    Evidence,
    FileCoverage,
    Finding,
    Problem,
    SessionEnd,
    SuiteRun,
)

POLICY = make_policy(
    """
    [[tests.exclude]]
    test = "t.py::slow"
    reason = "it hangs"
    owner = "core"
    expires = 2026-07-05
    [coverage]
    function = 50
    [[path]]
    match = "core/*.py"
    coverage.line = 90
    [[path]]
    match = "old/*.py"
    coverage.line = 40
    """
)
GOOD: dict[Decision, int] = {"fail": 0, "inconclusive": 1, "pass": 2}

outcomes = st.builds(
    make_outcome,
    st.integers(0, 20).map("t.py::test_{}".format),
    st.sampled_from(["passed", "passed", "passed", "failed", "skipped", "timeout", "xpassed"]),
)
files = st.builds(
    lambda path, missing, branches, functions: make_file_coverage(
        path,
        20,
        range(1, missing + 1),
        [(n, n + 1) for n in range(1, branches + 1)],
        [make_function(f"f{n}", n) for n in range(1, functions + 1)],
    ),
    st.sampled_from(["core/a.py", "old/b.py", "c.py", "d.py"]),
    st.integers(0, 6),
    st.integers(0, 3),
    st.integers(0, 6),
)
holes = st.lists(st.just(Problem("share 1", "lost")), max_size=1)


@st.composite
def evidences(draw: Callable[..., Any]) -> Evidence:
    unique = {"unique_by": lambda item: getattr(item, "test", None) or item.path}
    suite = make_suite(
        *draw(st.lists(outcomes, min_size=1, max_size=6, **unique)),
        exclusions=(make_exclusion("t.py::slow"),),
        problems=tuple(draw(holes)),
        order=make_order(dependent=draw(st.sampled_from([(), (), ("t.py::test_1",)]))),
    )
    covered = draw(st.lists(files, max_size=4, **unique))
    with_base = draw(st.booleans())
    return make_evidence(
        suite,
        covered,
        make_change() if with_base else None,
        draw(st.lists(files, max_size=2, **unique)) if with_base else None,
        draw(holes),
    )


def with_suite(evidence: Evidence, **fields: Any) -> Evidence:
    return replace(evidence, suite=replace(evidence.suite, **fields))


def less_covered(file: FileCoverage) -> FileCoverage:
    line = min(file.executed_lines, default=None)
    if line is None:
        return file
    missing = file.missing_lines | {line}
    return replace(
        file,
        line=replace(file.line, covered=max(file.line.covered - 1, 0)),
        executed_lines=file.executed_lines - {line},
        missing_lines=missing,
    )


def one_test_fails(evidence: Evidence) -> Evidence:
    first, *rest = evidence.suite.outcomes
    return with_suite(evidence, outcomes=(replace(first, outcome="failed"), *rest))


def one_more_test_fails(evidence: Evidence) -> Evidence:
    red = make_outcome("t.py::new", "failed", cause=make_cause())
    return with_suite(evidence, outcomes=(*evidence.suite.outcomes, red))


def every_file_loses_a_line(evidence: Evidence) -> Evidence:
    files = tuple(map(less_covered, evidence.coverage.files))
    return replace(evidence, coverage=replace(evidence.coverage, files=files))


def the_change_loses_a_line(evidence: Evidence) -> Evidence:
    if evidence.changed_coverage is None:
        return evidence
    files = tuple(map(less_covered, evidence.changed_coverage.files))
    return replace(evidence, changed_coverage=CoverageMap(files))


def a_test_needs_company(evidence: Evidence) -> Evidence:
    test = evidence.suite.outcomes[0].test
    return with_suite(evidence, order=make_order(dependent=(test,)))


def pytest_ends_otherwise(evidence: Evidence) -> Evidence:
    return with_suite(evidence, ended=SessionEnd(1))


def pytest_does_not_end(evidence: Evidence) -> Evidence:
    return with_suite(evidence, ended=SessionEnd(None))


def a_hole(evidence: Evidence) -> Evidence:
    return with_suite(evidence, problems=(Problem("share 9", "lost"),))


def a_torn_measurement(evidence: Evidence) -> Evidence:
    coverage = replace(evidence.coverage, problems=(Problem("data", "torn"),))
    return replace(evidence, coverage=coverage)


def an_unreadable_file(evidence: Evidence) -> Evidence:
    blind = make_file_coverage("z.py", 0, unreadable="NUL bytes")
    files = (*evidence.coverage.files, blind)
    return replace(evidence, coverage=replace(evidence.coverage, files=files))


def nothing_ran(evidence: Evidence) -> Evidence:
    return with_suite(evidence, outcomes=())


def everything_skipped(evidence: Evidence) -> Evidence:
    skipped = tuple(replace(each, outcome="skipped") for each in evidence.suite.outcomes)
    return with_suite(evidence, outcomes=skipped)


def nothing_measured(evidence: Evidence) -> Evidence:
    return replace(evidence, coverage=CoverageMap(()))


def an_unknown_exclusion(evidence: Evidence) -> Evidence:
    stray = make_exclusion("t.py::x", pattern="t.py::x")
    return with_suite(evidence, exclusions=(*evidence.suite.exclusions, stray))


WORSE_FACTS = [
    one_test_fails,
    one_more_test_fails,
    every_file_loses_a_line,
    the_change_loses_a_line,
    a_test_needs_company,
    pytest_ends_otherwise,
    pytest_does_not_end,
    an_unknown_exclusion,
]
LOST_EVIDENCE = [
    a_hole,
    a_torn_measurement,
    an_unreadable_file,
    nothing_ran,
    everything_skipped,
    nothing_measured,
]


@pytest.mark.parametrize("worsen", WORSE_FACTS)
@given(evidence=evidences())
def test_worse_evidence_never_gives_a_better_verdict(
    worsen: Callable[[Evidence], Evidence], evidence: Evidence
) -> None:
    before, after = (judge(POLICY, each, TODAY) for each in (evidence, worsen(evidence)))
    assert GOOD[after.decision] <= GOOD[before.decision]


@pytest.mark.parametrize("lose", LOST_EVIDENCE)
@given(evidence=evidences())
def test_lost_evidence_never_passes(
    lose: Callable[[Evidence], Evidence], evidence: Evidence
) -> None:
    assert judge(POLICY, lose(evidence), TODAY).decision != "pass"


@given(evidence=evidences(), days=st.integers(0, 10))
def test_waiting_never_gives_a_better_verdict(evidence: Evidence, days: int) -> None:
    now, later = (judge(POLICY, evidence, TODAY + timedelta(days=d)) for d in (0, days))
    assert GOOD[later.decision] <= GOOD[now.decision]


@given(evidence=evidences())
def test_the_findings_are_sorted_gravest_first_and_in_the_same_order_again(
    evidence: Evidence,
) -> None:
    found = judge(POLICY, evidence, TODAY)
    grave = {"fail": 0, "inconclusive": 1, None: 2}
    ranks = [(grave[f.forces], f.level == "note", f.rule) for f in found.findings]
    assert ranks == sorted(ranks)
    assert judge(POLICY, evidence, TODAY) == found


def test_what_is_demanded_comes_first_and_then_what_is_grave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ordered = [
        Finding("r", "note", "m", forces="fail"),
        Finding("a", "error", "m", forces="inconclusive"),
        Finding("b", "error", "m"),
        Finding("a", "warning", "m"),
        Finding("b", "warning", "first of its rule"),
        Finding("b", "warning", "as told"),
        Finding("a", "note", "m"),
    ]
    told = [ordered[n] for n in (6, 4, 5, 3, 2, 1, 0)]
    rule = Rule("a.b", "title", "checks", "why", "fix", "nothing.", lambda: iter(told))
    monkeypatch.setattr(verdict, "RULES", (rule,))
    assert judge(POLICY, make_evidence(), TODAY).findings == tuple(ordered)


def test_a_sound_run_passes() -> None:
    sound = judge(make_policy(), make_evidence(), TODAY)
    assert sound.decision == "pass"
    assert {finding.forces for finding in sound.findings} == {None}


@pytest.mark.parametrize(
    ("suite", "decision"),
    [
        (SuiteRun(()), "inconclusive"),
        (make_suite(make_outcome(outcome="skipped")), "inconclusive"),
        (make_suite(make_outcome(outcome="failed")), "fail"),
    ],
)
def test_nothing_but_a_passing_test_can_pass(suite: SuiteRun, decision: Decision) -> None:
    bare = make_file_coverage(missing_lines=range(1, 101))
    assert judge(make_policy(), make_evidence(suite, [bare]), TODAY).decision == decision
    assert judge(make_policy(), make_evidence(suite), TODAY).decision == decision


def test_thresholds_of_zero_do_not_make_nothing_pass() -> None:
    policy = make_policy("[coverage]\nline = 0\nbranch = 0\nfunction = 0\n")
    assert judge(policy, make_evidence(SuiteRun(()), []), TODAY).decision == "inconclusive"


@pytest.mark.parametrize(
    ("forces", "decision"),
    [
        ([], "pass"),
        ([None], "pass"),
        ([None, "inconclusive"], "inconclusive"),
        (["inconclusive", "fail"], "fail"),
    ],
)
def test_the_gravest_demand_decides(forces: list[Any], decision: Decision) -> None:
    findings = [Finding("r", "error", "m", forces=force) for force in forces]
    assert decide(findings) == decision


def test_the_day_of_expiry_is_the_last_good_day() -> None:
    evidence = make_evidence(make_suite(exclusions=(make_exclusion("t.py::slow"),)))
    assert judge(POLICY, evidence, date(2026, 7, 5)).decision == "pass"
    assert judge(POLICY, evidence, date(2026, 7, 6)).decision == "fail"


@pytest.mark.parametrize(
    ("moment", "verdict", "created"),
    [
        ("2026-07-06T01:59:00+02:00", "pass", "2026-07-05T23:59:00Z"),
        ("2026-07-05T22:00:00-02:00", "fail", "2026-07-06T00:00:00Z"),
    ],
)
def test_what_is_judged_at_a_moment_is_judged_by_its_day_in_greenwich(
    moment: str, verdict: str, created: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    evidence = make_evidence(make_suite(exclusions=(make_exclusion("t.py::slow"),)))
    results = judged(POLICY, evidence, datetime.fromisoformat(moment))
    assert (results.verdict, results.created) == (verdict, created)
    assert results.suite.counts["passed"] == 1
    monkeypatch.undo()
    time.tzset()
