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
from samples import (
    RENDERERS,
    SAMPLES,
    SNAPSHOTS,
    failing_run,
    hostile_run,
    make_finding_entry,
    make_results,
    make_results_with,
    passing_run,
)

from gate.report.caps import COMMENT_LIMIT, SUMMARY_LIMIT
from gate.report.markdown import STICKY, render_comment, render_markdown
from gate.results.document import Results

OURS = {
    *("h2", "h3", "p", "ul", "li", "strong", "code", "pre", "br", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_is_the_committed_one(name: str) -> None:
    committed = (SNAPSHOTS / f"{name}.md").read_text(encoding="utf-8")
    assert RENDERERS["md"](SAMPLES[name]()) == committed
    comment = (SNAPSHOTS / f"{name}.comment.md").read_text(encoding="utf-8")
    assert RENDERERS["comment.md"](SAMPLES[name]()) == comment


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
    assert report.startswith("## gate: FAIL\n\n12 tests failed: ModuleNotFoundError: ")
    head = report.partition("<details>")[0]
    for rule in ("suite.passed", "suite.order", "coverage.line", "coverage.path"):
        assert f"**{rule}**" in head
    assert "| required | 80 | 90 | 100 |" in head


def test_the_comment_begins_with_its_marker_which_nobody_sees() -> None:
    comment = render_comment(passing_run())
    assert comment.startswith(f"{STICKY}\n## gate: PASS\n")
    assert comment.count(STICKY) == 1
    assert STICKY not in Page(comment).text
    forged = make_results_with(make_finding_entry(1, message=STICKY))
    assert render_comment(forged).count(STICKY) == 1


def test_the_comment_of_a_failing_change_names_the_test_to_write() -> None:
    comment = render_comment(failing_run())
    assert "`training/losses.py:603` `masked_0`" in comment
    assert "Write a test for which the two versions differ" in comment
    assert "See it with `gate show acabb7eed34e --run`." in comment
    assert "Run by `tests/test_losses.py::test_kl[0]`" in comment
    head = comment.partition("<details")[0]
    assert head.count("```diff") == 10


def test_a_few_reasons_of_each_rule_stand_in_the_open_and_the_rest_is_folded() -> None:
    head, _, rest = render_markdown(failing_run()).partition("<details>")
    assert head.count("**coverage.function**") == 3
    assert "- and 8 more reasons, below" in head
    assert rest.startswith("<summary>8 more reasons</summary>")
    assert rest.count("**coverage.function**") == 7


def test_changed_lines_and_survivors_come_before_all_that_is_folded() -> None:
    head = render_markdown(passing_run()).partition("<details>")[0]
    assert "### Changed lines\n\n1 measured file changed since `main`" in head
    assert "| `training/export_student.py` | 86.36 | 90.9 | 100 | 40-42 |" in head


def huge_run(rows: int) -> Results:
    """Every list as long as `rows`, every text as long as it can be shown, and wide when it is escaped."""
    long = "\U000e0001|" * 300
    red = [
        make_outcome(f"{long}{n}", "failed", path=long, cause=make_cause(f"{n}{long}"))
        for n in range(rows)
    ]
    files = [make_file_coverage(f"{n}{long}", missing_lines=range(1, 90, 2)) for n in range(rows)]
    mutants = [
        make_mutant(n, path=f"{n}{long}", function=long, source=f"{long}\n" * 9, replacement=long)
        for n in range(1, rows + 1)
    ]
    run = make_mutation(
        results=[
            make_result(status="Survived", mutant=mutant, covered_by=(long, f"{long}2"))
            for mutant in mutants
        ],
        core=(),
    )
    suite = make_suite(*red, environment={f"{n}{long}": long for n in range(rows)})
    results = make_results(evidence=make_evidence(suite, files, mutation=run))
    findings = [
        make_finding_entry(n, rule=f"{n}", message=long, help=long) for n in range(1, rows + 1)
    ]
    return replace(results, findings=(*findings, *results.findings))


def test_a_comment_and_a_summary_keep_their_limits_by_whole_rows() -> None:
    results = huge_run(60)
    for render, limit in ((render_comment, COMMENT_LIMIT), (render_markdown, SUMMARY_LIMIT)):
        report = render(results)
        assert len(report) <= len(report.encode()) <= limit
        page = Page(report)
        assert set(page.tags) <= OURS
        assert page.tags.count("details") == report.count("</details>")
        assert "gate: FAIL" in page.text
        assert " more in the results document" in report
    assert "**1**" in render_comment(results)


def test_ten_thousand_findings_fit() -> None:
    results = make_results_with(*map(make_finding_entry, range(1, 10_001)))
    assert "- and 9,957 more in the results document" in render_markdown(results)
    assert len(render_comment(results)) < 10_000


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
    suite = make_suite(make_outcome(), *red)
    results = make_results(evidence=make_evidence(suite, files, mutation=run))
    report = render_markdown(results)
    assert len(report.encode()) < 900_000
    assert "- and 257 more in the results document" in report
    assert "- and 280 more causes" in report
    assert "250 more files with gaps." in report
    assert "- 250 more files\n" in report
    assert "And 280 more in the results document. `gate show ID`" in report


def test_results_of_mutate_show_mutants_and_no_coverage() -> None:
    evidence = make_evidence(mutation=make_mutation("Killed", "Survived"))
    report = render_markdown(make_results(evidence=replace(evidence, command="mutate")))
    assert "Mutation: 50 %, 1 of 2 valid mutants detected." in report
    assert "Coverage" not in report
    assert "- Not judged: coverage (gate mutate judges mutants alone)" in report
