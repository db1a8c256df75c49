from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import pytest
from builders import (
    TODAY,
    make_cause,
    make_change,
    make_evidence,
    make_exclusion,
    make_file_coverage,
    make_function,
    make_mutation,
    make_order,
    make_outcome,
    make_policy,
    make_result,
    make_rules,
    make_suite,
)
from samples import SAMPLES, make_results

from gate.errors import PolicyError
from gate.judge.evidence import evidence_of, policy_of
from gate.judge.verdict import judge
from gate.model import (
    Cause,
    ChangedFile,
    Evidence,
    Function,
    MutationRun,
    NotJudged,
    OrderProbe,
    Problem,
    SessionEnd,
)
from gate.policy.model import built_in_policy


def whole_evidence() -> Evidence:
    """Evidence in which every field that a rule may ask for holds something."""
    suite = make_suite(
        make_outcome("t::a", "failed", cause=Cause("test", "Odd: N", "Odd: 3")),
        make_outcome("t::b", "skipped", message="no GPU"),
        make_outcome("t::c", cause=make_cause("red once", "flaky"), line=7, path="t.py"),
        make_outcome("t::d", "xpassed"),
        exclusions=(make_exclusion(),),
        problems=(Problem("share 1", "it ended badly"),),
        order=make_order(3, 4, ["t::c"]),
        environment={"python": "3.11"},
        isolation={"network": "off"},
        ended=SessionEnd(1, "left open", whole=True),
    )
    functions = [replace(make_function(), at_import=True)]
    file = make_file_coverage("pkg/a.py", 20, [3, 4, 9], [(3, 4)], functions, unreadable="")
    broken = make_file_coverage("pkg/b.py", 0, unreadable="no Python", function=file.branch)
    mutation = make_mutation(
        *("Killed", "Survived", "Pending", "Ignored", "NoCoverage"),
        problems=(Problem("pkg/c.py", "no Python"),),
        notes=("1 red test took no part",),
        remembered=1,
        changed=True,
    )
    rules = make_rules()
    evidence = make_evidence(suite, [file, broken], make_change(), [file], mutation=mutation)
    coverage = replace(evidence.coverage, unrun=("tests/check_a.py",))
    not_judged = (NotJudged("files outside pkg", "PATHS"),)
    return replace(evidence, coverage=coverage, rules=rules, not_judged=not_judged)


@pytest.mark.parametrize("name", [field.name for field in fields(Evidence)])
def test_what_the_rules_may_ask_for_comes_back(name: str) -> None:
    before = whole_evidence()
    after = evidence_of(make_results(evidence=before))
    again = evidence_of(make_results(evidence=after))
    assert getattr(again, name) == getattr(after, name)
    assert after.suite.counts() == before.suite.counts()
    assert after.changed == before.changed
    assert after.rules == before.rules
    assert after.not_judged == before.not_judged
    assert judge(make_policy(), after, TODAY) == judge(make_policy(), before, TODAY)


def test_every_field_of_a_mutation_run_comes_back() -> None:
    before = whole_evidence().mutation
    after = evidence_of(make_results(evidence=whole_evidence())).mutation
    assert before is not None
    assert after is not None
    for name in (field.name for field in fields(MutationRun) if field.name != "results"):
        assert getattr(after, name) == getattr(before, name)
    places = [replace(each.mutant, start=0, end=0) for each in after.results]
    assert places == [replace(each.mutant, start=0, end=0) for each in before.results]
    assert [each.status for each in after.results] == [each.status for each in before.results]


def test_mutants_come_back_in_the_order_of_their_places() -> None:
    run = MutationRun((make_result(3), make_result(1, "Survived"), make_result(2)), ("pkg/a.py",))
    after = evidence_of(make_results(evidence=make_evidence(mutation=run))).mutation
    assert after is not None
    assert [each.mutant.line for each in after.results] == [1, 2, 3]
    assert sorted(after.results, key=lambda each: each.mutant.start) == list(after.results)


def test_what_no_rule_asks_for_is_filled_with_what_makes_no_difference() -> None:
    file = make_file_coverage("pkg/a.py", 20, missing_functions=[make_function("run", 3, 9)])
    mutation = make_mutation("Survived", "Killed")
    results = make_results(evidence=make_evidence(files=[file], mutation=mutation))
    after = evidence_of(results)
    assert after.mutation is not None
    assert after.coverage.files[0].missing_functions == (
        Function("run", 3, 9, public=True, body=frozenset()),
    )
    told = [
        (each.mutant.start, each.mutant.end, each.mutant.moment) for each in after.mutation.results
    ]
    assert told == [(0, 0, "call"), (1, 1, "call")]


def test_an_order_that_was_not_probed_and_a_renamed_file_come_back() -> None:
    order = OrderProbe(0, 3, (), "the policy turns it off")
    change = make_change(ChangedFile("pkg/a.py", frozenset({3}), "renamed", "pkg/old.py"))
    file = make_file_coverage(digest="d" * 64)
    before = make_evidence(make_suite(order=order), [file], changed=change)
    after = evidence_of(make_results(evidence=before))
    assert (after.suite.order, after.changed) == (order, change)
    assert [each.digest for each in after.coverage.files] == ["d" * 64]


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


def test_a_change_that_was_not_measured_comes_back_as_one() -> None:
    unmeasured = make_results(evidence=make_evidence(changed=make_change()))
    measured = make_results(evidence=make_evidence(changed=make_change(), changed_files=[]))
    assert evidence_of(unmeasured).changed_coverage is None
    assert evidence_of(measured).changed_coverage is not None


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_policy_comes_back_from_its_text(name: str) -> None:
    results = SAMPLES[name]()
    assert policy_of(results).digest == results.policy.digest


def test_the_built_in_policy_comes_back_with_its_note() -> None:
    policy = built_in_policy()
    assert policy_of(make_results(policy)) == policy


def test_a_text_that_is_no_policy_is_an_error() -> None:
    results = make_results()
    entry = results.policy.model_copy(update={"text": "[tests]\ntimeout = 1\n"})
    with pytest.raises(PolicyError):
        policy_of(results.model_copy(update={"policy": entry}))
