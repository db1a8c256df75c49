from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import (
    make_cause,
    make_change,
    make_evidence,
    make_file_coverage,
    make_lost,
    make_mutation,
    make_outcome,
    make_policy,
    make_result,
    make_suite,
)
from samples import make_results

from gate.model import Problem, SuiteRun
from gate.report.agent import render_agent
from gate.report.annotations import render_annotations
from gate.report.causes import has_figures, reasons
from gate.report.html import render_html
from gate.report.markdown import render_comment, render_markdown
from gate.report.terminal import render_terminal
from gate.results.document import Results

CORE = '[source]\ninclude = ["pkg"]\n[mutation]\ncore = ["pkg/a.py"]\n'
RENDERERS: dict[str, Callable[[Results], str]] = {
    "terminal": lambda results: render_terminal(results, 100, color=False),
    "markdown": render_markdown,
    "comment": render_comment,
    "agent": render_agent,
    "annotations": lambda results: render_annotations(results, "t" * 16),
    "html": lambda results: render_html(results, {}),
}


def results_of(suite: SuiteRun, **fields: object) -> Results:
    """A run with every kind of shortfall beside what its suite says."""
    files = [make_file_coverage(missing_lines=range(1, 100))]
    mutation = make_mutation("NoCoverage", core=("pkg/a.py",))
    evidence = make_evidence(suite, files, mutation=mutation)
    return make_results(make_policy(CORE), replace(evidence, **fields))  # type: ignore[arg-type]  # fields of it


def rules(results: Results) -> list[str]:
    return list(dict.fromkeys(finding.rule for finding in reasons(results)))


def test_red_tests_come_before_coverage_and_coverage_before_mutants() -> None:
    red = make_outcome("t::red", "failed", cause=make_cause())
    results = results_of(make_suite(make_outcome(), red))
    assert rules(results) == ["suite.passed", "coverage.line", "mutation.score"]


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_every_report_tells_the_reasons_in_the_order_of_cause(name: str) -> None:
    red = make_outcome("t::red", "failed", cause=make_cause())
    results = results_of(make_suite(make_outcome(), red))
    report = RENDERERS[name](results).replace("%3A", ":")
    told = re.findall(r"suite\.passed|coverage\.line|mutation\.score", report)
    assert list(dict.fromkeys(told)) == ["suite.passed", "coverage.line", "mutation.score"]


NOTHING = [
    SuiteRun(()),
    make_suite(make_outcome(outcome="skipped")),
    SuiteRun((), problems=(Problem("tests", "the collecting process ended"),)),
    make_suite(
        *(
            make_outcome(f"t{n}.py", "error", cause=make_cause("No module", "collection"))
            for n in range(3)
        )
    ),
]


@pytest.mark.parametrize("suite", NOTHING, ids=["empty", "skipped", "not started", "unimportable"])
def test_where_no_test_passed_there_is_one_reason_and_no_figure_behind_it(suite: SuiteRun) -> None:
    results = results_of(suite)
    assert results.verdict != "pass"
    assert not has_figures(results)
    assert len(reasons(results)) == 1
    assert reasons(results)[0].rule.startswith("suite.")


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_no_report_shows_a_percentage_where_no_test_passed(name: str) -> None:
    results = results_of(NOTHING[-1])
    report = RENDERERS[name](results)
    shown = report.partition("<body>")[2].partition('id="modules"')[0] if name == "html" else report
    assert not re.search(r"\b0(-100)? %|line %|score %", shown), shown


def test_kills_that_are_lost_are_told_even_where_no_test_passed() -> None:
    lost = make_lost(make_result(status="Survived"))
    results = results_of(SuiteRun(()), lost=lost, changed=make_change())
    assert results.verdict == "fail"
    assert "mutation.lost" in rules(results)


def test_what_stands_alone_is_told_whatever_it_is() -> None:
    results = results_of(make_suite(make_outcome()))
    assert rules(results) == ["coverage.line", "mutation.score"]
