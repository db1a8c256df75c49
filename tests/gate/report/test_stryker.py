from __future__ import annotations

import json
from typing import Any

import pytest
from builders import make_evidence, make_mutant, make_mutation, make_result
from published import stryker_mistakes
from samples import RENDERERS, SAMPLES, SNAPSHOTS, failing_run, make_results, passing_run

from gate.model import STATUSES, Mutant, NotJudged
from gate.report.stryker import disagreeing, render_stryker
from gate.results.document import Results


def results_of(*mutants: Mutant) -> Results:
    results = [make_result(n, "Survived", mutant=mutant) for n, mutant in enumerate(mutants, 1)]
    return make_results(evidence=make_evidence(mutation=make_mutation(results=tuple(results))))


def report_of(results: Results, **sources: str) -> dict[str, Any]:
    text = render_stryker(results, {f"pkg/{name}.py": source for name, source in sources.items()})
    assert stryker_mistakes(text) == []
    return json.loads(text)


def file_of(results: Results, **sources: str) -> dict[str, Any]:
    return report_of(results, **sources)["files"]["pkg/a.py"]


def cut(source: str, location: dict[str, Any]) -> str:
    """Cut what a viewer marks, which counts UTF-16 units."""
    start, end = location["start"], location["end"]
    lines = source.split("\n")[start["line"] - 1 : end["line"]]
    units = [line.encode("utf-16-le", "surrogatepass") for line in lines]
    units[-1] = units[-1][: 2 * (end["column"] - 1)]
    units[0] = units[0][2 * (start["column"] - 1) :]
    return "\n".join(line.decode("utf-16-le") for line in units)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_is_the_committed_one(name: str) -> None:
    committed = (SNAPSHOTS / f"{name}.stryker.json").read_text(encoding="utf-8")
    assert RENDERERS["stryker.json"](SAMPLES[name]()) == committed


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_report_is_valid_by_the_published_schema(name: str) -> None:
    assert stryker_mistakes(render_stryker(SAMPLES[name](), {})) == []


def test_the_published_schema_finds_mistakes() -> None:
    assert stryker_mistakes(render_stryker(passing_run(), {}).replace("Survived", "survived"))


def test_every_mutant_is_there_with_its_status() -> None:
    results = failing_run()
    files = report_of(results)["files"].values()
    told = {mutant["id"]: mutant["status"] for file in files for mutant in file["mutants"]}
    assert told == {result.mutant.id: result.status for result in results.mutant_run.results}
    assert set(told.values()) == set(STATUSES)


def test_a_viewer_marks_what_is_mutated() -> None:
    source = "x = 1\r\n    return a + b\r\nz = '\N{PILE OF POO}' + a\ny = (a +\n  b)\n"
    second = make_mutant(2)
    third = make_mutant(
        3, source="z = '\N{PILE OF POO}' + a", column=5, end_column=12,
        original="'\N{PILE OF POO}' + a",
    )  # fmt: skip
    fourth = make_mutant(
        4, source="y = (a +\n  b)", column=6, end_line=5, end_column=4, original="a +\n  b"
    )
    file = file_of(results_of(second, third, fourth), a=source)
    assert file["source"] == source.replace("\r\n", "\n")
    marked = [cut(file["source"], mutant["location"]) for mutant in file["mutants"]]
    assert marked == ["a + b", "'\N{PILE OF POO}' + a", "a +\n  b"]


def test_of_a_file_that_has_changed_only_the_lines_of_mutants_are_shown() -> None:
    results = results_of(make_mutant(2), make_mutant(4))
    moved = "\nx\n    return a + b\n    return a + b\n"
    assert disagreeing(results, {"pkg/a.py": moved}) == ["pkg/a.py"]
    for sources in ({"a": moved}, {}):
        assert file_of(results, **sources)["source"] == "\n    return a + b\n\n    return a + b"


def test_a_file_that_agrees_is_shown_whole() -> None:
    source = "# before\n    return a + b\n# after"
    results = results_of(make_mutant(2))
    assert disagreeing(results, {"pkg/a.py": source}) == []
    assert file_of(results, a=source)["source"] == source


def test_a_forged_line_number_costs_no_memory() -> None:
    far = make_mutant(10**12, end_line=10**12)
    assert file_of(results_of(far))["source"] == ""


def test_a_path_that_does_not_print_is_spelled_out_and_never_taken_for_another() -> None:
    odd, plain = make_mutant(1, path="a\n.py"), make_mutant(2, path="a\\n.py")
    assert list(report_of(results_of(odd))["files"]) == ["a\\n.py"]
    assert set(report_of(results_of(odd, plain))["files"]) == {"a\n.py", "a\\n.py"}


def test_tests_are_named_once_and_found_by_id() -> None:
    report = report_of(passing_run())
    names = {
        test["id"]: f"{path}::{test['name']}"
        for path, file in report["testFiles"].items()
        for test in file["tests"]
    }
    (file,) = report["files"].values()
    killed = next(mutant for mutant in file["mutants"] if mutant["status"] == "Killed")
    assert [names[number] for number in killed["killedBy"]] == [
        "tests/test_export_student.py::test_round_trip[0]"
    ]
    assert len(killed["coveredBy"]) == 3


def test_a_killer_that_covers_nothing_has_an_id() -> None:
    killed = make_result(1, killed_by="t.py::late", covered_by=("t.py::early",))
    results = make_results(evidence=make_evidence(mutation=make_mutation(results=(killed,))))
    report = report_of(results)
    (mutant,) = report["files"]["pkg/a.py"]["mutants"]
    assert report["testFiles"]["t.py"]["tests"] == [
        {"id": "0", "name": "early"},
        {"id": "1", "name": "late"},
    ]
    assert (mutant["coveredBy"], mutant["killedBy"]) == (["0"], ["1"])


def test_our_verdict_stands_beside_a_score_that_leaves_out_the_unresolved() -> None:
    config = report_of(failing_run())["config"]
    assert (config["verdict"], config["exitCode"], config["unresolved"]) == ("fail", 3, 8)
    assert config["score"] == {"low": 63.43, "high": 69.4}
    rules = [each["rule"] for each in config["reasons"]]
    assert rules[:1] == ["suite.passed"]
    assert rules[-1] == "mutation.score"
    assert config["headline"].startswith("FAIL: 12 tests failed: ModuleNotFoundError")


def test_what_was_not_judged_is_named() -> None:
    left_out = (NotJudged("mutation", "--no-mutation"),)
    results = make_results(evidence=make_evidence(not_judged=left_out))
    config = report_of(results)["config"]
    assert config["notJudged"] == [{"what": "mutation", "why": "--no-mutation"}]


def test_the_score_that_is_required_is_the_threshold() -> None:
    assert report_of(passing_run())["thresholds"] == {"high": 80, "low": 80}
    assert report_of(failing_run())["thresholds"] == {"high": 70, "low": 70}
