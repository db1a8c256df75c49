from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from builders import (
    make_change,
    make_evidence,
    make_file_coverage,
    make_mutation,
    make_order,
    make_outcome,
    make_policy,
    make_suite,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from samples import SAMPLES, failing_run, make_results, passing_run
from situations import SITUATIONS

from gate.errors import MissingEvidenceError
from gate.judge.evidence import evidence_of, policy_of
from gate.judge.verify import contradictions, verify
from gate.model import ChangedFile, Problem
from gate.results.document import text
from gate.results.schema import Results

Json = dict[str, Any]
RANK = {"pass": 0, "inconclusive": 1, "fail": 2}


def doubtful_run() -> Results:
    """Nothing fails, and evidence is missing: a crash, unresolved mutants, a test that needs company."""
    suite = make_suite(make_outcome("t::a"), make_outcome("t::b"), order=make_order(2, 2, ["t::b"]))
    mutation = make_mutation(*["Killed"] * 6, "Survived", *["Pending"] * 3)
    policy = make_policy('[source]\ninclude = ["pkg"]\n[mutation]\ncore = ["pkg/a.py"]\n')
    return make_results(policy, make_evidence(suite, mutation=mutation))


RUNS: dict[str, Callable[[], Results]] = {**SAMPLES, "doubtful": doubtful_run}


def written(results: Results) -> Json:
    document: Json = json.loads(text(results))
    return document


def refused(document: Json) -> str:
    """Why a document is refused, by its shape or by its evidence; empty when it is not."""
    try:
        verify(Results.model_validate_json(json.dumps(document)))
    except ValidationError as error:
        return str(error)
    except MissingEvidenceError as error:
        return error.message
    return ""


@pytest.mark.parametrize("name", sorted(RUNS))
def test_an_honest_document_is_borne_out(name: str) -> None:
    assert contradictions(RUNS[name]()) == []


@pytest.mark.parametrize("name", SITUATIONS)
def test_what_each_situation_is_judged_by_can_be_read_from_its_document(name: str) -> None:
    policy, evidence = SITUATIONS[name]()
    results = make_results(policy, evidence)
    again = make_results(policy_of(results), evidence_of(results))
    assert written(again) == written(results)


def green(document: Json) -> None:
    """What whoever edits a document does besides: verdict, exit code, and no finding that forces."""
    document["verdict"], document["exit_code"] = "pass", 0
    document["findings"] = [each for each in document["findings"] if each["forces"] is None]


def lower_a_threshold(document: Json) -> None:
    document["policy"]["thresholds"]["coverage"]["line"] = 1.0


def lower_it_in_the_text(document: Json) -> None:
    document["policy"]["text"] += "\n[coverage]\nline = 1\nbranch = 1\nfunction = 0\n"


def break_the_text(document: Json) -> None:
    document["policy"]["text"] = "no toml"


def forget_a_problem(document: Json) -> None:
    document["suite"]["order"]["dependent"] = []


def forget_missing_lines(document: Json) -> None:
    file = document["coverage"]["files"]["training/losses.py"]
    covered = {"covered": 310, "total": 310, "percent": 100.0}
    total = document["coverage"]["line"]
    total["covered"] += 310 - file["line"]["covered"]
    total["percent"] = total["covered"] * 10_000 // total["total"] / 100
    file["line"] = covered


def kill_a_survivor(document: Json) -> None:
    mutants = document["mutation"]["mutants"]
    survivor = next(each for each in mutants if each["status"] == "Survived")
    survivor |= {"status": "Killed", "killed_by": "tests/test_losses.py::test_temperature"}


def move_the_day(document: Json) -> None:
    document["created"] = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (green, "the evidence demands fail, the verdict is pass"),
        (lower_a_threshold, "policy.thresholds.coverage.line is 1.0"),
        (lower_it_in_the_text, "policy.digest is not that of policy.text"),
        (break_the_text, "policy.text is no policy"),
        (forget_a_problem, "the finding suite.order: tests/test_models.py::test_shape[7]"),
        (forget_missing_lines, "lists 40 missing for the line coverage 310 of 310"),
        (kill_a_survivor, "the counts by status"),
        (move_the_day, "the finding suite.exclusions: the exclusion of marker onnx"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_edit_is_named(edit: Callable[[Json], None], why: str) -> None:
    document = written(failing_run())
    edit(document)
    assert why in refused(document)


def test_another_text_of_the_policy_is_told_by_the_digest() -> None:
    document = written(passing_run())
    document["policy"]["text"] = document["policy"]["text"].replace("95", "90")
    assert "policy.digest is not that of policy.text" in refused(document)


def test_a_finding_that_was_dropped_or_reworded_is_named() -> None:
    document = written(failing_run())
    dropped = document["findings"].pop(3)
    assert f"the finding {dropped['rule']}" in refused(document)
    document = written(failing_run())
    document["findings"][0]["message"] = "nothing of note"
    assert "nothing bears out the finding" in refused(document)


def test_a_kill_by_a_test_that_did_not_pass_is_no_kill() -> None:
    suite = make_suite(
        make_outcome(), make_outcome("t::skipped", "skipped"), make_outcome("t::other")
    )
    document = written(
        make_results(evidence=make_evidence(suite, mutation=make_mutation("Killed")))
    )
    assert not refused(document)
    document["mutation"]["mutants"][0]["killed_by"] = "t::skipped"
    assert "killed by t::skipped, which did not pass" in refused(document)


def test_a_kill_that_no_test_ran_is_no_kill() -> None:
    document = written(make_results(evidence=make_evidence(mutation=make_mutation("Killed"))))
    document["mutation"]["mutants"][0]["covered_by"] = []
    assert "and no test ran it" in refused(document)


def test_more_remembered_survivors_than_there_are_is_a_contradiction() -> None:
    run = make_mutation("Killed", remembered=1)
    assert "remembered" in contradictions(make_results(evidence=make_evidence(mutation=run)))[0]


def test_changed_lines_that_are_missing_are_missing_in_the_file_too() -> None:
    file = make_file_coverage("pkg/a.py", 100, [3])
    other = make_file_coverage("pkg/a.py", 10, [4], [(4, 5)])
    stray = make_file_coverage("pkg/c.py", 10)
    change = make_change(ChangedFile("pkg/a.py", frozenset({3, 4})))
    found = contradictions(
        make_results(evidence=make_evidence(None, [file], change, [other, stray]))
    )
    assert "misses lines that coverage.files does not: 4" in found[0]
    assert "misses branches" in found[1]
    assert "changed.files.pkg/c.py is not among the measured files" in found[2]


def test_results_of_another_policy_are_refused() -> None:
    results = make_results(make_policy("[coverage]\nline = 10\n"))
    verify(results, make_policy("[coverage]\nline = 10 # ten\n"))
    with pytest.raises(MissingEvidenceError) as caught:
        verify(results, make_policy("[coverage]\nline = 80\n"))
    assert "they were judged by the policy" in caught.value.message


def test_many_contradictions_are_counted() -> None:
    document = written(failing_run())
    green(document)
    assert "more" in refused(document)


def test_the_version_that_made_the_results_is_named() -> None:
    results = passing_run().model_copy(update={"findings": ()})
    with pytest.raises(MissingEvidenceError) as caught:
        verify(results)
    assert "version 0.0.0" in caught.value.hint


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document, and of long lists the first few."""
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value[:6]):
            yield from places(each, (*path, number))


DOCUMENTS = {name: written(make()) for name, make in RUNS.items()}
PLACES = {name: list(places(document))[1:] for name, document in DOCUMENTS.items()}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 3000),
    st.sampled_from([0.0, 50.0, 100.0]),
    st.sampled_from(["", "pass", "note", "fail", "Killed", "Ignored", "passed", "skipped"]),
    st.sampled_from(["2027-03-31", "2020-01-01T00:00:00Z", "check", "mutate", "tests/a.py::t"]),
    st.just([]),
    st.just({}),
)


def put(document: Json, path: tuple[Any, ...], value: Any) -> None:
    """Set what stands at a place; an ellipsis takes it away."""
    for key in path[:-1]:
        document = document[key]
    if value is ...:
        del document[path[-1]]
    else:
        document[path[-1]] = value


@settings(max_examples=250)
@given(st.data())
def test_no_single_edit_is_believed_to_a_better_verdict(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(DOCUMENTS)))
    document = copy.deepcopy(DOCUMENTS[name])
    put(document, data.draw(st.sampled_from(PLACES[name])), data.draw(VALUES | st.just(...)))
    better = [verdict for verdict in RANK if RANK[verdict] < RANK[DOCUMENTS[name]["verdict"]]]
    assert document.get("verdict") not in better or refused(document)


@settings(max_examples=250)
@given(st.data())
def test_no_edit_of_evidence_turns_a_verdict_green_with_its_findings_dropped(
    data: st.DataObject,
) -> None:
    name = data.draw(st.sampled_from(["empty", "fail", "doubtful", "hostile"]))
    document = copy.deepcopy(DOCUMENTS[name])
    evidence = [path for path in PLACES[name] if path[0] not in ("findings", "verdict")]
    put(document, data.draw(st.sampled_from(evidence)), data.draw(VALUES | st.just(...)))
    green(document)
    assert refused(document)


def test_a_problem_that_is_taken_out_of_the_evidence_leaves_its_finding_behind() -> None:
    suite = make_suite(problems=(Problem("share 1", "it ended badly"),))
    document = written(make_results(evidence=make_evidence(suite)))
    document["suite"]["problems"] = []
    document["coverage"]["complete"] = True
    assert "nothing bears out the finding suite.measured: share 1" in refused(document)
