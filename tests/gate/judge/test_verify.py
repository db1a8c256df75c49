from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from builders import (
    make_change,
    make_evidence,
    make_file_coverage,
    make_lost,
    make_mutation,
    make_order,
    make_outcome,
    make_policy,
    make_result,
    make_rules,
    make_suite,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import (
    SAMPLES,
    failing_run,
    make_finding_entry,
    make_results,
    make_results_with,
    passing_run,
)
from situations import SITUATIONS

import gate
from gate.errors import MissingEvidenceError, PolicyError
from gate.judge.verify import contradictions, policy_of, verify
from gate.model import (
    ChangedFile,
    ControlRun,
    CoverageMap,
    FailedControl,
    LostKills,
    NotJudged,
    Problem,
    Status,
)
from gate.policy.model import built_in_policy
from gate.results.document import Results, parse, text

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
        verify(parse(json.dumps(document)))
    except ValueError as error:
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
    again = make_results(policy_of(results), results)
    assert written(again) == written(results)


def green(document: Json) -> None:
    """What whoever edits a document does besides: verdict, exit code, and no finding that forces."""
    document["verdict"], document["exit_code"] = "pass", 0
    findings = document["findings"]
    if isinstance(findings, list):
        document["findings"] = [each for each in findings if each["forces"] is None]


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
    mutants = document["mutation"]["results"]["mutants"]
    survivor = next(each for each in mutants if each["status"] == "Survived")
    survivor |= {"status": "Killed", "killed_by": 0}


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
        (kill_a_survivor, "mutation.counts.Killed is"),
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
    other = make_policy(document["policy"]["text"]).digest
    assert f": policy.digest is not that of policy.text, which is {other[:12]};" in refused(
        document
    )


def test_a_finding_that_was_dropped_or_reworded_is_named() -> None:
    document = written(failing_run())
    dropped = document["findings"].pop(3)
    assert f"the finding {dropped['rule']}" in refused(document)
    document = written(failing_run())
    document["findings"][0]["message"] = "nothing of note"
    assert "nothing bears out the finding" in refused(document)


@pytest.mark.parametrize(
    ("length", "shown"), [(99, "x" * 99), (100, "x" * 100), (101, "x" * 100 + "...")]
)
def test_a_long_finding_is_shown_in_short(length: int, shown: str) -> None:
    results = make_results_with(make_finding_entry(3, message="x" * length))
    told = f"nothing bears out the finding coverage.line: {shown}"
    assert told in contradictions(results)


def test_a_kill_by_a_test_that_did_not_pass_is_no_kill() -> None:
    suite = make_suite(
        make_outcome(), make_outcome("t::skipped", "skipped"), make_outcome("t::other")
    )
    kill = make_result(1)
    honest = make_evidence(suite, mutation=make_mutation(results=(kill,)))
    assert contradictions(make_results(evidence=honest)) == []
    skipped = make_mutation(results=(replace(kill, killed_by="t::skipped"),))
    (told,) = contradictions(make_results(evidence=replace(honest, mutation=skipped)))
    assert told == f"mutant {kill.mutant.id} is killed by t::skipped, which did not pass"


def test_a_kill_that_no_test_ran_is_no_kill() -> None:
    results = make_results(evidence=make_evidence(mutation=make_mutation("Killed")))
    (killed,) = results.mutant_run.results
    unrun = replace(results.mutant_run, results=(replace(killed, covered_by=()),))
    (told,) = contradictions(replace(results, mutation=unrun))
    assert told == f"mutant {killed.mutant.id} is Killed, and no test ran it"


@pytest.mark.parametrize(
    ("status", "tests", "why"),
    [
        ("NoCoverage", (), ""),
        ("NoCoverage", ("t::a",), "is covered by no test and by 1"),
        ("Survived", (), "is Survived, and no test ran it"),
        ("Timeout", (), "is Timeout, and no test ran it"),
        ("Pending", (), ""),
    ],
)
def test_what_is_told_of_a_mutant_fits_the_tests_that_ran_it(
    status: Status, tests: tuple[str, ...], why: str
) -> None:
    mutant = make_result(1, status, covered_by=tests)
    results = make_results(evidence=make_evidence(mutation=make_mutation(results=(mutant,))))
    assert contradictions(results) == ([f"mutant {mutant.mutant.id} {why}"] if why else [])


def edited(edit: Callable[[Json], None], make: Callable[[], Results] = doubtful_run) -> list[str]:
    document = written(make())
    edit(document)
    return contradictions(parse(json.dumps(document)))


def narrowed_run() -> Results:
    """A pass of a run that was asked for no mutants, though the policy has a core."""
    policy = make_policy('[source]\ninclude = ["pkg"]\n[mutation]\ncore = ["pkg/a.py"]\n')
    return make_results(policy, make_evidence(not_judged=(NotJudged("mutation", "--no-mutation"),)))


def leave_out_mutation(document: Json) -> None:
    document["not_judged"] = [{"what": "mutation", "why": "--no-mutation"}]


def test_a_run_that_was_not_asked_for_mutants_passes_and_its_document_bears_that_out() -> None:
    assert narrowed_run().verdict == "pass"
    assert contradictions(narrowed_run()) == []


def test_mutants_that_ran_cannot_be_said_to_be_left_out() -> None:
    document = written(failing_run())
    leave_out_mutation(document)
    green(document)
    assert "mutation is said to be not judged, and it ran" in refused(document)


@pytest.mark.parametrize(
    "said",
    [
        "lost kills are said to be not judged, and they were looked for",
        "coverage is said to be not judged, and a check judges it",
    ],
)
def test_lost_kills_and_coverage_that_were_judged_cannot_be_said_to_be_left_out(said: str) -> None:
    document = written(failing_run())
    what = said.partition(" are ")[0].partition(" is ")[0]
    document["not_judged"] = [{"what": what, "why": "--no-mutation"}]
    assert said in refused(document)


def test_to_say_afterwards_that_mutants_were_not_asked_for_contradicts_the_findings() -> None:
    policy = make_policy('[source]\ninclude = ["pkg"]\n[mutation]\ncore = ["pkg/a.py"]\n')
    found = edited(leave_out_mutation, lambda: make_results(policy, make_evidence()))
    assert any("nothing bears out the finding mutation.measured" in each for each in found)


def test_to_hide_that_mutants_were_not_asked_for_leaves_a_finding_missing() -> None:
    found = edited(lambda document: document.pop("not_judged"), narrowed_run)
    assert any("the finding mutation.measured" in each for each in found)


def test_a_document_from_before_the_field_reads_as_one_that_left_nothing_out() -> None:
    document = written(passing_run())
    assert document.pop("not_judged") == []
    assert refused(document) == ""


def test_findings_may_come_in_another_order() -> None:
    assert edited(lambda document: document["findings"].reverse()) == []


def test_an_edit_is_named_once_with_what_follows_from_the_evidence() -> None:
    results = make_results()
    thresholds = results.policy.thresholds
    coverage = replace(thresholds.coverage, line=1.0)
    thresholds = replace(thresholds, coverage=coverage)
    policy = replace(results.policy, thresholds=thresholds)
    told = contradictions(replace(results, policy=policy))
    assert told == ["policy.thresholds.coverage.line is 1.0, from the evidence follows 80.0"]
    doubt = replace(results, findings=(make_finding_entry(3),))
    assert contradictions(doubt)[0] == "the evidence demands pass, the verdict is fail"


@pytest.mark.parametrize(
    ("place", "value", "why"),
    [
        (
            ("source", "include"),
            [],
            "source.include is 0 entries, from the evidence follows 1 entries",
        ),
        (
            ("source", "include"),
            ["lib"],
            "source.include.0 is 'lib', from the evidence follows 'training'",
        ),
        (("source", "include"), ["l" * 58], f"source.include.0 is '{'l' * 58}', from"),
        (("source", "include"), ["l" * 59], f"source.include.0 is '{'l' * 59}, from"),
        (("thresholds", "coverage", "line"), 1, "thresholds.coverage.line is 1.0, from the"),
    ],
)
def test_a_difference_is_named_by_its_place_and_shown_in_short(
    place: tuple[str, ...], value: Any, why: str
) -> None:
    (told,) = edited(lambda document: put(document["policy"], place, value), passing_run)
    assert told.startswith(f"policy.{why}")


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
    assert found == [
        "changed_coverage.files.pkg/a.py misses lines that coverage.files does not: 4",
        "changed_coverage.files.pkg/a.py misses branches that coverage.files does not",
        "changed_coverage.files.pkg/c.py is not among the measured files",
    ]


def test_stray_lines_are_named_up_to_a_number_and_a_stray_file_hides_no_other() -> None:
    file = make_file_coverage("pkg/c.py", 100, [20])
    other = make_file_coverage("pkg/c.py", 10, [3, 5, 7, 9])
    change = make_change(ChangedFile("pkg/c.py", frozenset({3, 5, 7, 9})))
    evidence = make_evidence(None, [file], change, [make_file_coverage("pkg/b.py", 10), other])
    assert contradictions(make_results(evidence=evidence)) == [
        "changed_coverage.files.pkg/b.py is not among the measured files",
        "changed_coverage.files.pkg/c.py misses lines that coverage.files does not: 3, 5, 7 and 1 more",
    ]


def test_a_share_of_changed_lines_that_its_own_list_denies_is_named() -> None:
    evidence = make_evidence(changed=make_change(), changed_files=[make_file_coverage(lines=10)])
    results = make_results(evidence=evidence)
    file = replace(results.coverage_of_change.files[0], missing_lines=frozenset({3, 4}))
    files = CoverageMap((file,))
    edited = replace(results, changed_coverage=files, coverage=files)
    assert contradictions(edited)[:2] == [
        "coverage.files.pkg/a.py lists 2 missing for the line coverage 10 of 10",
        "changed_coverage.files.pkg/a.py lists 2 missing for the line coverage 10 of 10",
    ]


def test_results_of_another_policy_are_refused() -> None:
    results = make_results(make_policy("[coverage]\nline = 10\n"))
    verify(results, make_policy("[coverage]\nline = 10 # ten\n"))
    with pytest.raises(MissingEvidenceError) as caught:
        verify(results, make_policy("[coverage]\nline = 80\n"))
    asked, judged = make_policy("[coverage]\nline = 80\n").digest, results.policy.digest
    assert caught.value.message.endswith(
        f": they were judged by the policy {judged[:12]}, but policies/default.toml is {asked[:12]}"
    )


def unmeasured(*names: str) -> Results:
    """Changed files that are not among the measured ones, a contradiction each."""
    files = [make_file_coverage(f"pkg/{name}.py", 10) for name in names]
    change = make_change(*(ChangedFile(each.path, frozenset({3})) for each in files))
    return make_results(evidence=make_evidence(changed=change, changed_files=files))


@pytest.mark.parametrize(
    ("names", "counted"), [("bcd", ""), ("bcde", "; and 1 more"), ("bcdef", "; and 2 more")]
)
def test_the_first_three_contradictions_are_told_and_the_others_counted(
    names: str, counted: str
) -> None:
    results = unmeasured(*names)
    told = "; ".join(
        f"changed_coverage.files.pkg/{n}.py is not among the measured files" for n in "bcd"
    )
    with pytest.raises(MissingEvidenceError) as caught:
        verify(results)
    assert caught.value.message == (
        f"the results do not follow from their own evidence: {told}{counted}"
    )
    assert caught.value.hint == (
        f"they were made by version 0.0.0: verify them with that one (this is {gate.__version__})"
    )


def test_results_of_this_version_that_contradict_themselves_are_of_no_use() -> None:
    results = unmeasured("b")
    tool = replace(results.tool, version=gate.__version__)
    with pytest.raises(MissingEvidenceError) as caught:
        verify(replace(results, tool=tool))
    assert caught.value.hint == "do not use them: make new ones with gate check"


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
    document["complete"] = True
    assert "nothing bears out the finding suite.measured: share 1" in refused(document)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"killed_by": None}, "is Killed, killed by None"),
        ({"status": "Survived"}, "is Survived, killed by tests/test_a.py::test_one"),
    ],
)
def test_what_is_detected_has_a_killer_and_nothing_else_has(change: Json, why: str) -> None:
    result = replace(make_result(1), **change)
    run = make_mutation(results=(result,))
    results = make_results(evidence=make_evidence(mutation=run))
    assert contradictions(results) == [f"mutant {result.mutant.id} {why}"]


def test_a_mutant_stands_in_a_document_once() -> None:
    run = make_mutation(results=(make_result(1), make_result(1)))
    results = make_results(evidence=make_evidence(mutation=run))
    assert contradictions(results) == [f"mutant {make_result(1).mutant.id} is listed twice"]


@pytest.mark.parametrize(
    "controls",
    [
        ControlRun(positive=1, unnoticed=("pkg/a.py::f",), unplaced=("pkg/a.py",)),
        ControlRun(neutral=0, failed=(FailedControl("t::a", 0),)),
    ],
)
def test_no_more_controls_fail_than_there_are(controls: ControlRun) -> None:
    run = make_mutation("Killed", controls=replace(controls, neutral=controls.neutral))
    results = make_results(evidence=make_evidence(mutation=run))
    assert "mutation.controls: more controls failed than there were" in contradictions(results)


@pytest.mark.parametrize(
    ("lost", "why"),
    [
        (make_lost(make_result(1)), f"mutant {make_result(1).mutant.id} is lost, and Killed"),
        (
            make_lost(make_result(1, "Pending")),
            f"mutant {make_result(1).mutant.id} is lost, and Pending",
        ),
        (
            make_lost(unresolved=(make_result(1, "Survived"),)),
            "an unresolved mutant has another status than Pending",
        ),
        (
            make_lost(make_result(1, "Survived"), make_result(2, "NoCoverage"), asked=1),
            "2 mutants are lost or unresolved, of 1",
        ),
    ],
)
def test_what_is_lost_is_killed_by_nothing_and_was_asked(lost: LostKills, why: str) -> None:
    evidence = replace(make_evidence(changed=make_change()), lost=lost)
    assert why in contradictions(make_results(evidence=evidence))


def paths(include: Sequence[str], core: Sequence[str]) -> str:
    return f"[source]\ninclude = {[*include]}\n[mutation]\ncore = {[*core]}\n"


BOTH = ("pkg", "gone")


@pytest.mark.parametrize(
    ("include", "core", "believed"),
    [
        (("pkg",), ("pkg",), (("pkg",), ("pkg",))),
        (("pkg",), BOTH, (("pkg",), BOTH)),
        (BOTH, ("pkg",), (BOTH, ("pkg",))),
        # What is measured does not go away because a document is silent of it.
        (("gone",), ("gone",), (BOTH, BOTH)),
        # The paths of the head, where the change leaves nothing of the base's.
        (("pkg", "lib"), ("pkg", "lib"), (("pkg", "lib"), BOTH)),
        (BOTH[::-1], BOTH[::-1], (BOTH[::-1], BOTH)),
    ],
)
def test_paths_that_the_change_leaves_nothing_of_are_as_the_document_tells(
    include: tuple[str, ...], core: tuple[str, ...], believed: tuple[tuple[str, ...], ...]
) -> None:
    written, told = make_policy(paths(BOTH, BOTH)), make_policy(paths(include, core))
    judged = replace(written, source=told.source, mutation=told.mutation)
    with_base = make_results(judged, replace(make_evidence(), rules=make_rules()))
    policy = policy_of(with_base)
    assert (policy.source.include, policy.mutation.core) == believed
    assert policy_of(make_results(judged)) == written


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_policy_comes_back_from_its_text(name: str) -> None:
    results = SAMPLES[name]()
    assert policy_of(results).digest == results.policy.digest


def test_the_built_in_policy_comes_back_with_its_note() -> None:
    policy = built_in_policy()
    assert policy_of(make_results(policy)) == policy


def test_a_text_that_is_no_policy_is_an_error() -> None:
    results = make_results()
    record = replace(results.policy, text="[tests]\ntimeout = 1\n")
    with pytest.raises(PolicyError):
        policy_of(replace(results, policy=record))
