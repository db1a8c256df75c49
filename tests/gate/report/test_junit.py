from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from builders import make_evidence, make_mutant, make_mutation, make_result
from published import junit_mistakes
from samples import (
    RENDERERS,
    SAMPLES,
    SNAPSHOTS,
    empty_run,
    failing_run,
    hostile_run,
    make_results,
    passing_run,
)

from gate.report.junit import render_junit
from gate.results.document import Results


def case(results: Results, name: str) -> ElementTree.Element:
    found = list(ElementTree.fromstring(render_junit(results)).iter("testcase"))
    (one,) = [element for element in found if element.get("name") == name]
    return one


def kinds(results: Results) -> list[str]:
    """What stands below each case of a mutant."""
    suites = ElementTree.fromstring(render_junit(results)).findall("testsuite")
    (suite,) = [suite for suite in suites if suite.get("name") == "gate mutants"]
    return [next((below.tag for below in element), "passed") for element in suite.iter("testcase")]


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_is_the_committed_one(name: str) -> None:
    committed = (SNAPSHOTS / f"{name}.junit.xml").read_text(encoding="utf-8")
    assert RENDERERS["junit.xml"](SAMPLES[name]()) == committed


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_is_valid_by_the_published_schema(name: str) -> None:
    assert junit_mistakes(render_junit(SAMPLES[name]())) == []


def test_the_published_schema_finds_mistakes() -> None:
    broken = render_junit(passing_run()).replace("<testcase ", "<testcase place='x' ", 1)
    assert junit_mistakes(broken)


def test_every_status_has_its_outcome() -> None:
    run = make_mutation(
        "Killed", "Timeout", "RuntimeError", "Survived", "NoCoverage", "Pending", "Ignored",
        "CompileError",
    )  # fmt: skip
    assert kinds(make_results(evidence=make_evidence(mutation=run))) == [
        "passed", "passed", "passed", "failure", "failure", "error", "skipped", "skipped",
    ]  # fmt: skip


def test_a_mutant_outside_the_core_has_no_case() -> None:
    other = make_result(2, "Survived", mutant=make_mutant(2, path="pkg/other.py"))
    run = make_mutation(results=(make_result(1), other))
    assert kinds(make_results(evidence=make_evidence(mutation=run))) == ["passed"]
    assert kinds(make_results(evidence=make_evidence(mutation=replace(run, changed=True)))) == [
        "passed",
        "failure",
    ]


def test_a_survivor_tells_its_change_its_tests_and_what_to_write() -> None:
    name = "StudentExporter.export, line 44: number 3188ebe1e0b8"
    failure = case(passing_run(), name).find("failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("Survived", "survived")
    text = failure.text or ""
    assert "training/export_student.py:44\n- opset: int = 17,\n+ opset: int = 18,\nrun by " in text
    assert text.endswith("See it with gate show 3188ebe1e0b8 --run")


def test_a_rule_fails_errs_or_passes_as_its_findings_force() -> None:
    results = failing_run()
    assert case(results, "suite.passed").find("failure") is not None
    assert case(results, "suite.order").find("error") is not None
    assert list(case(results, "suite.measured")) == []


def test_a_rule_that_judged_nothing_does_not_pass() -> None:
    for rule in ("coverage.line", "coverage.branch", "changed.line", "mutation.score"):
        below = list(case(empty_run(), rule))
        assert [element.tag for element in below] in (["skipped"], ["error"]), rule
    mutate = make_results(
        evidence=replace(make_evidence(mutation=make_mutation("Killed")), command="mutate")
    )
    assert [element.tag for element in case(mutate, "coverage.line")] == ["skipped"]
    assert list(case(mutate, "mutation.score")) == []


def test_the_counts_are_those_of_the_cases() -> None:
    root = ElementTree.fromstring(render_junit(hostile_run()))
    for element in [root, *root.findall("testsuite")]:
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases))
        for kind in ("failure", "error"):
            count = sum(case.find(kind) is not None for case in cases)
            assert element.get(f"{kind}s") == str(count)


@pytest.mark.parametrize(
    "char", [*map(chr, range(32)), "\x7f", "\ufffe", "\uffff", "\udcff", "\u202e"]
)
def test_no_character_makes_the_xml_unreadable_or_invisible(char: str) -> None:
    mutant = make_mutant(
        id=f"i{char}", path=f"p{char}", function=f"f{char}", operator=f"o{char}",
        source=f"a + b # {char}]]>", original="a + b", column=1, end_column=6,
    )  # fmt: skip
    survivor = make_result(1, "Survived", mutant=mutant, covered_by=(f"t{char}&<",))
    ignored = make_result(2, "Ignored", mutant=make_mutant(2), reason=f"r{char}<&")
    run = make_mutation(results=(survivor, ignored), changed=True)
    report = render_junit(make_results(evidence=make_evidence(mutation=run)))
    assert junit_mistakes(report) == []
    assert ElementTree.fromstring(report).get("tests")
    if char not in "\n ":
        assert char not in report
