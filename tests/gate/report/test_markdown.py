from __future__ import annotations

from html.parser import HTMLParser

import pytest
from builders import (
    make_cause,
    make_evidence,
    make_file_coverage,
    make_outcome,
    make_suite,
)
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from samples import RENDERERS, SAMPLES, SNAPSHOTS, failing_run, hostile_run, make_results

from gate.report.markdown import code, prose, render_markdown
from gate.report.words import one_line

OURS = {
    *("h2", "p", "ul", "li", "strong", "code", "br", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
SPECIAL = st.text("ab \\`*_{}[]()<>#+-.!|~&@:/$=\n\"'", max_size=30)


class Page(HTMLParser):
    """Gathers what a browser would see: the tags in order, and the text."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


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
    assert "www." not in prose("www.evil.example")


@given(SPECIAL)
@example("www.evil.example")
@example("a $x$ b")
def test_prose_reads_as_the_text_it_was(text: str) -> None:
    page = Page(f"- x{prose(text)}")
    assert set(page.tags) == {"ul", "li"}
    assert page.text.strip() == f"x{one_line(text)}".strip()


@given(SPECIAL)
@example("a\\|b")
@example("``|")
def test_text_stays_in_its_cell(text: str) -> None:
    for cell in (code(text), prose(text)):
        page = Page(f"| a | b |\n|---|---|\n| x{cell} | y |\n")
        assert page.tags.count("td") == 2
        assert set(page.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
        assert "".join(page.text.split()) == "".join(f"abx{one_line(text)}y".split())


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
    results = make_results(evidence=make_evidence(make_suite(*red), files))
    report = render_markdown(results)
    assert len(report.encode()) < 900_000
    assert "- and 262 more in the results document" in report
    assert "- and 280 more causes" in report
    assert "250 more files with gaps." in report
