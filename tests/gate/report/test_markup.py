from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from pages import Page

from gate.report.markup import code, fenced, folded, prose
from gate.report.words import one_line

SPECIAL = st.text("ab \\`*_{}[]()<>#+-.!|~&@:/$=\n\"'", max_size=30)


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


def test_an_address_without_a_scheme_is_no_link() -> None:
    assert "www." not in prose("www.evil.example")


@given(st.lists(SPECIAL.map(one_line), min_size=1, max_size=4))
@example(["```", "</details>"])
def test_a_block_of_code_in_a_list_reads_as_its_lines(lines: list[str]) -> None:
    signed = [f"- {line}" for line in lines]
    page = Page("\n".join(["- x", "", *fenced(signed, "diff", 2), "", "y"]))
    assert set(page.tags) == {"ul", "li", "pre", "code", "p"}
    assert "\n".join(signed) in page.text


def test_nothing_is_folded_when_there_is_no_line() -> None:
    assert list(folded("title", [])) == []
    assert next(folded("title", ["a"])) == "<details><summary>title</summary>"
    assert next(folded("title", ["a"], shown=True)) == "<details open><summary>title</summary>"
