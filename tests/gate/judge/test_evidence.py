from __future__ import annotations

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
    Evidence,
    MutationRun,
    Problem,
)
from gate.policy.model import built_in_policy


def whole_evidence() -> Evidence:
    """Evidence in which every field that a rule may ask for holds something."""
    suite = make_suite(
        make_outcome("t::a", "failed", cause=make_cause()),
        make_outcome("t::b", "skipped", message="no GPU"),
        make_outcome("t::c", cause=make_cause("red once", "flaky"), line=7, path="t.py"),
        make_outcome("t::d", "xpassed"),
        exclusions=(make_exclusion(),),
        problems=(Problem("share 1", "it ended badly"),),
        order=make_order(3, 4, ["t::c"]),
        environment={"python": "3.11"},
        isolation={"network": "off"},
    )
    file = make_file_coverage("pkg/a.py", 20, [3, 4, 9], [(3, 4)], [make_function()], unreadable="")
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
    return replace(evidence, rules=rules)


@pytest.mark.parametrize("name", [field.name for field in fields(Evidence)])
def test_what_the_rules_may_ask_for_comes_back(name: str) -> None:
    before = whole_evidence()
    after = evidence_of(make_results(evidence=before))
    again = evidence_of(make_results(evidence=after))
    assert getattr(again, name) == getattr(after, name)
    assert after.suite.counts() == before.suite.counts()
    assert after.changed == before.changed
    assert after.rules == before.rules
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
