from __future__ import annotations

import json
from dataclasses import replace
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
from published import sarif_mistakes
from samples import (
    RENDERERS,
    SAMPLES,
    SNAPSHOTS,
    empty_run,
    failing_run,
    hostile_run,
    make_finding_entry,
    make_results,
    make_results_with,
    passing_run,
)

from gate.report import sarif
from gate.report.sarif import SURVIVED, render_sarif
from gate.results.document import Results


def run_of(results: Results) -> dict[str, Any]:
    (run,) = json.loads(render_sarif(results))["runs"]
    return run


def uri(result: dict[str, Any]) -> str:
    (location,) = result["locations"]
    place = location["physicalLocation"]["artifactLocation"]
    assert place["uriBaseId"] == "%SRCROOT%"
    return place["uri"]


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_is_the_committed_one(name: str) -> None:
    committed = (SNAPSHOTS / f"{name}.sarif").read_text(encoding="utf-8")
    assert RENDERERS["sarif"](SAMPLES[name]()) == committed


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_is_valid_by_the_published_schema(name: str) -> None:
    assert sarif_mistakes(render_sarif(SAMPLES[name]())) == []


def test_the_published_schema_finds_mistakes() -> None:
    assert sarif_mistakes(render_sarif(passing_run()).replace('"level"', '"gravity"'))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_each_result_has_its_rule_with_help_a_place_and_a_fingerprint(name: str) -> None:
    run = run_of(SAMPLES[name]())
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert uri(result)
        assert len(result["partialFingerprints"]) == 1
    prints = [tuple(result["partialFingerprints"].items()) for result in run["results"]]
    assert len(prints) == len(set(prints))


def test_a_survivor_is_named_by_its_id_and_stands_where_it_is() -> None:
    results = [r for r in run_of(passing_run())["results"] if r["ruleId"] == SURVIVED]
    first = results[0]
    assert first["partialFingerprints"] == {"gateMutant/v1": "3188ebe1e0b8"}
    assert first["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 44,
        "startColumn": 18,
        "endLine": 44,
        "endColumn": 20,
    }
    assert first["level"] == "warning"
    assert "No test notices when 17 becomes 18; 12 tests ran it" in first["message"]["text"]


def test_a_survivor_that_nothing_is_gated_by_is_a_note() -> None:
    run = make_mutation("Survived", core=())
    results = run_of(make_results(evidence=make_evidence(mutation=run)))["results"]
    assert [r["level"] for r in results if r["ruleId"] == SURVIVED] == ["note"]


def test_the_verdict_and_the_exit_code_are_said() -> None:
    for results, successful in ((passing_run(), True), (failing_run(), True), (empty_run(), False)):
        run = run_of(results)
        (invocation,) = run["invocations"]
        assert invocation["exitCode"] == results.exit_code
        assert invocation["executionSuccessful"] is successful
        assert run["properties"]["verdict"] == results.verdict


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("src/a b/ü#?.py", "src/a%20b/%C3%BC%23%3F.py"),
        ("c:d.py", "c%3Ad.py"),
        ("a\n%41.py", "a%0A%2541.py"),
        ("/etc/passwd", "policies/default.toml"),
        ("../../x.py", "policies/default.toml"),
        ("a/../../x.py", "policies/default.toml"),
        ("", "policies/default.toml"),
        (None, "policies/default.toml"),
    ],
)
def test_paths_are_references_inside_the_repository(path: str | None, written: str) -> None:
    (result,) = run_of(make_results_with(make_finding_entry(1, path=path)))["results"]
    assert uri(result) == written
    inside = written != "policies/default.toml"
    assert ("region" in result["locations"][0]["physicalLocation"]) is inside


def test_text_is_neither_link_nor_argument() -> None:
    evil = "[a](http://evil.example) {0} {name}"
    (result,) = run_of(make_results_with(make_finding_entry(1, message=evil)))["results"]
    assert result["message"]["text"] == "[a] (http://evil.example) { 0} {name}"


def test_a_rule_of_another_version_has_help_too() -> None:
    results = make_results_with(make_finding_entry(1, rule="new.rule", help="Do <b>this</b>."))
    (rule,) = run_of(results)["tool"]["driver"]["rules"]
    assert "How to fix: Do <b>this</b>." in rule["help"]["text"]
    assert "&lt;b&gt;" in rule["help"]["markdown"]


def test_problems_are_notifications() -> None:
    notifications = run_of(hostile_run())["invocations"][0]["toolExecutionNotifications"]
    assert notifications[0]["message"]["text"].startswith("share 1\\udcff: ```")


def test_results_beyond_what_is_taken_are_cut_by_rank_and_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sarif.MOST_RESULTS == 25_000
    monkeypatch.setattr(sarif, "MOST_RESULTS", 100)
    forcing = [make_finding_entry(n) for n in range(1, 100)]
    notes = [make_finding_entry(n, level="note", forces=None) for n in range(1, 8)]
    run = run_of(make_results_with(*notes, *forcing))
    assert len(run["results"]) == 100
    assert [result["level"] for result in run["results"][-2:]] == ["error", "note"]
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == "6 results left out here: 6 more in the report"


def test_a_huge_message_is_cut() -> None:
    long = "\u202e" * 200_000
    mutant = make_mutant(3, path=long, source=long, replacement=long, original=long, function=long)
    evidence = make_evidence(
        mutation=make_mutation(results=(make_result(3, "Survived", mutant=mutant),)),
        changed=make_change(),
        changed_files=[make_file_coverage()],
    )
    report = render_sarif(
        replace(make_results(evidence=evidence), findings=(make_finding_entry(1, message=long),))
    )
    assert sarif_mistakes(report) == []
    # A path is no text to cut: it would name another file.
    assert len(report) < 9 * len(long) + 100_000
