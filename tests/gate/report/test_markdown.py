from __future__ import annotations

from dataclasses import replace

import pytest
from builders import (
    make_cause,
    make_evidence,
    make_file_coverage,
    make_mutant,
    make_mutation,
    make_outcome,
    make_result,
    make_suite,
)
from pages import Page
from samples import RENDERERS, SAMPLES, SNAPSHOTS, failing_run, hostile_run, make_results

from gate.report.markdown import render_markdown

OURS = {
    *("h2", "p", "ul", "li", "strong", "code", "pre", "br", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_is_the_committed_one(name: str) -> None:
    committed = (SNAPSHOTS / f"{name}.md").read_text(encoding="utf-8")
    assert RENDERERS["md"](SAMPLES[name]()) == committed


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_page_holds_our_markup_alone(name: str) -> None:
    page = Page(render_markdown(SAMPLES[name]()))
    assert set(page.tags) <= OURS
    assert page.tags.count("details") == page.tags.count("summary") > 0


def test_hostile_text_arrives_as_text() -> None:
    page = Page(render_markdown(hostile_run()))
    assert "<script>e</script> `f` |g| **h**" in page.text
    assert "src/a|b`c`\\n<img src=x>.py" in page.text
    assert "[link](http://evil.example)" in page.text


def test_nobody_is_mentioned_and_no_issue_referred_to() -> None:
    report = render_markdown(hostile_run())
    assert "@<!-- -->team #<!-- -->1" in report
    assert "@owner" not in report
    assert "http://" not in report


def test_the_verdict_and_its_reasons_come_before_all_that_is_folded() -> None:
    report = render_markdown(failing_run())
    assert report.startswith("## gate: FAIL\n\nA requirement is not met (exit code 3).\n\n- **")
    head = report.partition("<details>")[0]
    for rule in ("suite.passed", "suite.order", "coverage.line", "coverage.path"):
        assert f"**{rule}**" in head
    assert "| required | 80 | 90 | 100 |" in head


def test_a_huge_run_stays_far_below_the_limit_of_a_step_summary() -> None:
    long = "\u202e" * 3_000
    red = [
        make_outcome(f"{long}{n}", "failed", path=long, cause=make_cause(f"{n}{long}"))
        for n in range(300)
    ]
    files = [make_file_coverage(f"{n}{long}", missing_lines=range(1, 90, 2)) for n in range(300)]
    mutants = [
        make_mutant(n, path=f"{n}{long}", function=long, source=f"{long}\n" * 9, replacement=long)
        for n in range(1, 301)
    ]
    run = make_mutation(
        results=[make_result(status="Survived", mutant=mutant) for mutant in mutants], core=()
    )
    results = make_results(evidence=make_evidence(make_suite(*red), files, mutation=run))
    report = render_markdown(results)
    assert len(report.encode()) < 900_000
    assert "- and 262 more in the results document" in report
    assert "- and 280 more causes" in report
    assert "250 more files with gaps." in report
    assert "- 250 more files\n" in report
    assert "And 280 more. `gate show ID`" in report


def test_results_of_mutate_show_mutants_and_no_coverage() -> None:
    evidence = make_evidence(mutation=make_mutation("Killed", "Survived"))
    report = render_markdown(make_results(evidence=replace(evidence, command="mutate")))
    assert "Mutation: 50 %, 1 of 2 valid mutants detected." in report
    assert "Coverage" not in report
    assert "- Not judged: coverage (gate mutate judges mutants alone)" in report
