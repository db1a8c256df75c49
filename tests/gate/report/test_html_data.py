from __future__ import annotations

import json
from typing import Any

import pytest
from builders import (
    make_change,
    make_evidence,
    make_file_coverage,
    make_mutant,
    make_mutation,
    make_result,
)
from hypothesis import given
from hypothesis import strategies as st
from samples import make_change_of, make_results

from gate.model import ChangedFile, MutantResult
from gate.report.html_data import ABSENT, CHANGED, browser_data, script_json, shown_files
from gate.results.document import Results

TEXT = "def add(a, b):\n    return a + b\n"
ADD = make_change_of(2, "    return a + b", "a + b", "a - b")


def results_of(*results: MutantResult, **coverage: Any) -> Results:
    fields = {"lines": 2, **coverage}
    run = make_mutation(results=results)
    return make_results(evidence=make_evidence(files=[make_file_coverage(**fields)], mutation=run))


def only_file(results: Results, text: str | None) -> dict[str, Any]:
    data = browser_data(results, {} if text is None else {"pkg/a.py": text})
    (file,) = data["files"]
    return dict(file)


@given(st.text())
def test_json_arrives_as_it_was_and_holds_nothing_that_ends_a_script(text: str) -> None:
    written = script_json({text: [text]})
    assert json.loads(written) == {text: [text]}
    assert not set("<>&\u2028\u2029\u202e\x85") & set(written)


def test_a_file_is_shown_with_its_text_where_that_is_the_one_that_was_mutated() -> None:
    file = only_file(results_of(make_result(mutant=ADD)), TEXT)
    assert (file["text"], file["note"]) == (TEXT, "")


@pytest.mark.parametrize(
    "text",
    ["\n" + TEXT, TEXT.replace("a + b", "a * b"), "def add(a, b):\n", ""],
    ids=["moved", "edited", "cut", "emptied"],
)
def test_a_file_that_has_changed_since_is_shown_without_marks_that_would_be_wrong(
    text: str,
) -> None:
    results = results_of(make_result(mutant=ADD))
    file = only_file(results, text)
    assert (file["text"], file["note"]) == (None, CHANGED)
    # The mutant brings the lines that it was made of.
    assert browser_data(results, {"pkg/a.py": text})["mutants"][0][-1] == "    return a + b"


def test_a_file_that_is_too_short_for_its_coverage_has_changed() -> None:
    assert only_file(results_of(lines=3), TEXT)["note"] == ""
    assert only_file(results_of(lines=4), TEXT)["note"] == CHANGED
    assert only_file(results_of(missing_branches=[(1, 9)]), TEXT)["note"] == CHANGED


def test_a_file_without_a_text_says_why() -> None:
    assert only_file(results_of(), None)["note"] == ABSENT
    unreadable = results_of(unreadable="invalid\x1b syntax")
    assert only_file(unreadable, None)["note"] == "The file is unreadable: invalid\\x1b syntax"


def test_coverage_and_change_come_as_spans() -> None:
    change = make_change(ChangedFile("pkg/a.py", frozenset({1, 2})))
    files = [make_file_coverage(lines=2, missing_lines=[2], missing_branches=[(1, -1)])]
    file = only_file(make_results(evidence=make_evidence(files=files, changed=change)), TEXT)
    assert file["covered"] == ((1, 1),)
    assert file["missing"] == ((2, 2),)
    assert file["branches"] == [(1, -1)]
    assert file["changed"] == ((1, 2),)


def test_names_and_sets_of_tests_are_written_once() -> None:
    tests = tuple(f"tests/test_a.py::test_{n:02}" for n in range(50))
    many = [
        make_result(n, "Survived", mutant=make_mutant(n, function="f"), covered_by=tests)
        for n in range(1, 300)
    ]
    data = browser_data(results_of(*many), {})
    assert data["tests"] == list(tests)
    assert data["sets"] == [tuple(range(50))]
    assert data["texts"] == ["swap", "f", ""]
    assert len(script_json(data)) < 30_000


def test_a_killer_that_is_listed_nowhere_else_is_named_too() -> None:
    result = make_result(1, "Killed", mutant=ADD, killed_by="tests/test_b.py::test_two")
    data = browser_data(results_of(result), {"pkg/a.py": TEXT})
    killer = data["mutants"][0][10]
    assert data["tests"][killer] == "tests/test_b.py::test_two"


def test_the_worst_file_comes_first_whatever_it_is_bad_at() -> None:
    files = [
        make_file_coverage("a.py"),
        make_file_coverage("b.py", missing_branches=[(1, 2)]),
        make_file_coverage("c.py", unreadable="no Python"),
        make_file_coverage("d.py"),
    ]
    survived = make_result(1, "Survived", mutant=make_mutant(1, path="d.py"))
    run = make_mutation(results=(survived,), core=())
    results = make_results(evidence=make_evidence(files=files, mutation=run))
    assert shown_files(results) == ["c.py", "d.py", "b.py", "a.py"]
