from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from builders import (
    make_cause,
    make_change,
    make_evidence,
    make_exclusion,
    make_file_coverage,
    make_function,
    make_mutant,
    make_mutation,
    make_outcome,
    make_policy,
    make_result,
    make_suite,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from outline import Outline
from samples import RENDERERS, SAMPLES, SNAPSHOTS, hostile_run, make_results, passing_run

from gate.model import ChangedFile, Problem
from gate.report.html import digests, link, render_html
from gate.results.document import Results

EVIL = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "-->",
    "]]>",
    "\" onload='alert(1)' x=\"",
    "</style></title></textarea></noscript>",
    "{{ 7 * 7 }}{% raw %}",
    "\u2028\u2029\u202e\0\x1b[31m",
    "&lt;b&gt;&amp;#60;",
)


def page_of(results: Results, sources: dict[str, str] | None = None) -> Outline:
    return Outline(render_html(results, sources or {}))


def run_named(text: str, other: str) -> tuple[Results, dict[str, str]]:
    """A run in which `text` stands wherever text from the code can stand, `other` where it must differ."""
    path, source = f"pkg/{text}.py", f"{text}\nx = {text!r}\n"
    first = re.split(r"\r\n|\r|\n", source)[0]
    mutant = make_mutant(
        1, id=text or "1", path=path, operator=text, function=text, source=first, column=1, end_line=1,
        end_column=len(first) + 1, original=first, replacement=text,
    )  # fmt: skip
    suite = make_suite(
        make_outcome(),
        make_outcome(f"t::{text}", "failed", message=text, detail=text, cause=make_cause(text)),
        make_outcome(f"s::{text}", "skipped", message=text),
        problems=(Problem(text, text),),
        exclusions=(make_exclusion(text, pattern=text, reason=text, owner=text),),
        environment={f"a{text}": text},
        isolation={f"b{text}": text},
    )
    functions = [make_function(text, 1, 1)]
    files = [
        make_file_coverage(path, 2, [1], [(1, -1)], functions),
        make_file_coverage(f"pkg/{other}_.py", unreadable=text or "no Python"),
    ]
    changed = make_change(ChangedFile(path, frozenset({1})), base=text, head=text, merge_base=text)
    run = make_mutation(
        results=(make_result(1, "Survived", mutant=mutant, covered_by=(f"t::{text}",), reason=text),),
        problems=(Problem(text, text),),
    )  # fmt: skip
    evidence = make_evidence(suite, files, changed, files, [Problem(text, text)], run)
    return make_results(make_policy(), evidence), {path: source}


# What its words are is up to the data; a message that is empty is left out.
PLAIN = Outline(render_html(*run_named("plain", "plain")))
TEXTS = st.one_of(
    st.text(min_size=1, max_size=40),
    st.lists(st.sampled_from(EVIL), min_size=1, max_size=3).map("".join),
)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_says_what_is_committed(name: str) -> None:
    committed = (SNAPSHOTS / f"{name}.html.txt").read_text(encoding="utf-8")
    assert RENDERERS["html.txt"](SAMPLES[name]()) == committed


@settings(max_examples=60)
@given(TEXTS)
@example("".join(EVIL))
@example("\ud800")
def test_no_text_from_the_code_leaves_its_element(text: str) -> None:
    results, sources = run_named(text, text)
    page = page_of(results, sources)
    lines_apart = {"li", "p", "pre", "div", "a", "span", "b", "code", "details", "summary", "ul"}
    assert set(page.tags) == set(PLAIN.tags)
    assert [tag for tag in page.tags if tag not in lines_apart] == [
        tag for tag in PLAIN.tags if tag not in lines_apart
    ]
    assert page.scripts == PLAIN.scripts
    assert page.styles == PLAIN.styles
    assert not re.search("[<>&\u2028\u2029\u202e]", page.data)
    shown = json.loads(page.data)
    assert shown["texts"][0] == results.mutant_run.results[0].mutant.operator
    assert text in shown["tests"][0] or "\ud800" in text


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_policy_allows_our_style_and_scripts_by_hash_and_nothing_else(name: str) -> None:
    page = page_of(SAMPLES[name]())
    policy = next(
        found["content"] or ""
        for tag, found in page.elements
        if found.get("http-equiv") == "Content-Security-Policy"
    )
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives == {
        "default-src": "'none'",
        "style-src": hashes(page.styles),
        "script-src": hashes(page.scripts),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert len(page.styles) == 1
    assert len(page.scripts) == 2


def hashes(texts: list[str]) -> str:
    digest = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{each}'" for each in digest)


def test_the_policy_stands_before_all_that_it_governs() -> None:
    tags = page_of(passing_run()).tags
    assert tags[:4] == ["html", "head", "meta", "meta"]


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_page_asks_for_nothing(name: str) -> None:
    page = page_of(SAMPLES[name]())
    assert page.attributes("src") == []
    assert {at for at in page.attributes("href") if not at.startswith("#")} == {"data:,"}
    assert not re.search(r"@import|url\(|https?:", "".join(page.styles))
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)", "".join(page.scripts))


def test_no_script_can_turn_text_into_markup_or_code() -> None:
    page = page_of(hostile_run())
    script = "".join(page.scripts)
    for way in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function("):
        assert way not in script
    for way in ("fetch(", "XMLHttpRequest", "import(", "sendBeacon", "new Image", "WebSocket"):
        assert way not in script
    assert "<" not in re.sub(r" <=? ", " ", "".join(page.scripts))
    for tag, found in page.elements:
        assert not [name for name in found if name.startswith("on") or name == "style"], tag


def test_the_same_results_give_the_same_page() -> None:
    assert render_html(passing_run(), {}) == render_html(passing_run(), {})


def test_the_essentials_are_there_without_a_script() -> None:
    page = page_of(SAMPLES["fail"]())
    for told in (
        "span: FAIL",
        "code: mutation.score",
        "p: Inspect one: gate show",
        "b: 97.18-100 %",
        "span: below the 100 % required",
        "a: training/losses.py",
        "p: The list of mutants and the view of the sources need JavaScript",
    ):
        assert told in page.text, told
    assert "noscript" in page.tags


def test_a_finding_leads_to_its_line_where_the_page_shows_the_file() -> None:
    found = page_of(SAMPLES["fail"]()).attributes("href")
    assert any(at.startswith("#file=training/") and at.endswith("&line=801") for at in found)
    assert not [at for at in found if at.startswith("#file=tests/")]


def test_an_address_names_any_file_and_line() -> None:
    assert link("a b/é&line=3#.py", 7) == "#file=a%20b/%C3%A9%26line%3D3%23.py&line=7"
    assert link("a.py") == "#file=a.py"


def test_the_digest_of_a_measured_file_is_asked_for() -> None:
    files = [make_file_coverage("pkg/a.py", digest="d" * 64)]
    run = make_mutation(results=(make_result(mutant=make_mutant(path="pkg/b.py")),), core=())
    results = make_results(evidence=make_evidence(files=files, mutation=run))
    assert digests(results) == {"pkg/a.py": "d" * 64, "pkg/b.py": ""}


def test_a_score_below_what_a_file_must_reach_is_marked_by_word_and_sign() -> None:
    policy = make_policy('[source]\ninclude = ["pkg"]\n[mutation]\ncore = ["pkg/a.py"]\n')
    evidence = make_evidence(mutation=make_mutation("Killed", "Survived", "Survived"))
    page = page_of(make_results(policy, evidence))
    assert "span: below what is required" in page.text
    assert "span: ▼" in page.text
    assert "span: 1 of 3 detected; 0 of 1 core files reach what is required" in page.text


def test_results_of_mutate_show_no_coverage_among_the_measures() -> None:
    evidence = replace(make_evidence(mutation=make_mutation("Killed")), command="mutate")
    page = page_of(make_results(evidence=evidence))
    assert "dt: Mutants" in page.text
    assert "dt: Lines" not in page.text


def test_a_huge_run_is_cut_where_a_reader_would_stop() -> None:
    red: list[Any] = [
        make_outcome(f"t::{n}", "failed", cause=make_cause(f"cause {n % 60}"), detail="x" * 4_000)
        for n in range(6_000)
    ]
    results = make_results(evidence=make_evidence(make_suite(make_outcome(), *red)))
    page = render_html(results, {})
    assert "and 10 more causes in the results document" in page
    assert "and 50 more" in page
    assert len(page) < 1_000_000
