"""What mutants do to the verdict; test_verdict.py does the same for suite and coverage."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import (
    TODAY,
    make_evidence,
    make_file_coverage,
    make_mutant,
    make_mutation,
    make_outcome,
    make_policy,
    make_result,
    make_suite,
)
from hypothesis import given
from hypothesis import strategies as st

from gate.judge.verdict import judge
from gate.model import (
    DETECTED,
    Command,
    Decision,
    Evidence,
    MutantResult,
    MutationRun,
    Problem,
    Status,
)

GOOD: dict[Decision, int] = {"fail": 0, "inconclusive": 1, "pass": 2}
GUARDED = make_policy(
    """
    [mutation]
    core = ["pkg"]
    score = 50
    changed.score = 60
    [[mutation.waive]]
    mutant = "000000000002"
    reason = "only the speed changes"
    owner = "core"
    expires = 2026-07-05
    [[path]]
    match = "pkg/b.py"
    mutation.score = 80
    """
)
COMMANDS: tuple[Command, ...] = ("check", "mutate")
statuses = st.sampled_from(
    [
        *sorted(DETECTED),
        *["Killed"] * 3,
        "Survived",
        "NoCoverage",
        "Ignored",
        "CompileError",
        "Pending",
    ]
)


@st.composite
def mutated(draw: Callable[..., Any]) -> Evidence:
    drawn = draw(st.lists(st.tuples(st.sampled_from("ab"), statuses), max_size=10))
    results = tuple(
        make_result(number, status, mutant=make_mutant(number, path=f"pkg/{name}.py"))
        for number, (name, status) in enumerate(drawn)
    )
    run = make_mutation(results=results, core=("pkg/a.py", "pkg/b.py"), changed=draw(st.booleans()))
    return replace(make_evidence(mutation=run), command=draw(st.sampled_from(COMMANDS)))


def run_of(evidence: Evidence) -> MutationRun:
    assert evidence.mutation is not None
    return evidence.mutation


def with_results(evidence: Evidence, results: Iterable[MutantResult]) -> Evidence:
    return replace(evidence, mutation=replace(run_of(evidence), results=tuple(results)))


def first_of(evidence: Evidence, wanted: Collection[Status]) -> MutantResult | None:
    return next((each for each in run_of(evidence).results if each.status in wanted), None)


def without(evidence: Evidence, result: MutantResult | None) -> list[MutantResult]:
    return [each for each in run_of(evidence).results if each is not result]


def turned(evidence: Evidence, wanted: Collection[Status], status: Status) -> Evidence:
    """The first mutant with one of the wanted statuses gets another."""
    first = first_of(evidence, wanted)
    if first is None:
        return evidence
    changed = MutantResult(first.mutant, status, "turned")
    return with_results(evidence, [*without(evidence, first), changed])


WORSE: tuple[tuple[Collection[Status], Status], ...] = (
    (DETECTED, "Survived"),
    (DETECTED, "NoCoverage"),
    (DETECTED, "Pending"),
    (DETECTED, "Ignored"),
    (DETECTED, "CompileError"),
    (("Pending",), "Survived"),
    (("Pending",), "NoCoverage"),
)


@pytest.mark.parametrize(("wanted", "status"), WORSE)
@given(evidence=mutated())
def test_a_mutant_noticed_less_never_gives_a_better_verdict(
    wanted: Collection[Status], status: Status, evidence: Evidence
) -> None:
    worse = turned(evidence, wanted, status)
    before, after = (judge(GUARDED, each, TODAY) for each in (evidence, worse))
    assert GOOD[after.decision] <= GOOD[before.decision]


@given(evidence=mutated())
def test_a_detected_mutant_that_is_lost_never_gives_a_better_verdict(evidence: Evidence) -> None:
    fewer = with_results(evidence, without(evidence, first_of(evidence, DETECTED)))
    before, after = (judge(GUARDED, each, TODAY) for each in (evidence, fewer))
    assert GOOD[after.decision] <= GOOD[before.decision]


@given(evidence=mutated(), status=st.sampled_from(["Survived", "NoCoverage", "Pending"]))
def test_one_more_undetected_mutant_never_turns_a_verdict_into_a_pass(
    evidence: Evidence, status: Status
) -> None:
    more = [*run_of(evidence).results, make_result(99, status)]
    before, after = (
        judge(GUARDED, each, TODAY) for each in (evidence, with_results(evidence, more))
    )
    assert after.decision != "pass" or before.decision == "pass"


@given(evidence=mutated(), number=st.integers(0, 9))
def test_an_unresolved_mutant_never_turns_a_verdict_into_a_pass(
    evidence: Evidence, number: int
) -> None:
    results = [
        make_result(place, "Pending", mutant=each.mutant) if place == number else each
        for place, each in enumerate(run_of(evidence).results)
    ]
    before, after = (
        judge(GUARDED, each, TODAY) for each in (evidence, with_results(evidence, results))
    )
    assert after.decision != "pass" or before.decision == "pass"


def no_run(evidence: Evidence) -> Evidence:
    return replace(evidence, mutation=None)


def no_mutants(evidence: Evidence) -> Evidence:
    return replace(with_results(evidence, ()), mutation=MutationRun((), run_of(evidence).core))


def no_core(evidence: Evidence) -> Evidence:
    return replace(evidence, mutation=replace(run_of(evidence), core=(), changed=False))


def nothing_but_noise(evidence: Evidence) -> Evidence:
    results = [MutantResult(each.mutant, "Ignored", "log: x") for each in run_of(evidence).results]
    run = replace(run_of(evidence), results=tuple(results), changed=False)
    return replace(evidence, mutation=run)


def a_lost_worker(evidence: Evidence) -> Evidence:
    lost = replace(run_of(evidence), problems=(Problem("worker 1", "lost"),))
    return replace(evidence, mutation=lost)


def an_unknown_waiver(evidence: Evidence) -> Evidence:
    waived = make_result(98, "Ignored", reason="waived: by nobody")
    return with_results(evidence, [*run_of(evidence).results, waived])


@pytest.mark.parametrize(
    "lose", [no_run, no_mutants, no_core, nothing_but_noise, a_lost_worker, an_unknown_waiver]
)
@given(evidence=mutated())
def test_mutants_that_were_not_judged_never_pass(
    lose: Callable[[Evidence], Evidence], evidence: Evidence
) -> None:
    assert judge(GUARDED, lose(evidence), TODAY).decision != "pass"


@given(evidence=mutated(), days=st.integers(0, 10))
def test_waiting_for_a_waiver_to_expire_never_gives_a_better_verdict(
    evidence: Evidence, days: int
) -> None:
    now, later = (judge(GUARDED, evidence, TODAY + timedelta(days=d)) for d in (0, days))
    assert GOOD[later.decision] <= GOOD[now.decision]


def test_a_core_with_killed_mutants_passes() -> None:
    run = make_mutation("Killed", "Killed", "Timeout", "Ignored")
    assert judge(GUARDED, make_evidence(mutation=run), TODAY).decision == "pass"


def test_a_command_to_mutate_is_not_judged_by_coverage_but_by_its_red_tests() -> None:
    bare = make_file_coverage(missing_lines=range(1, 100))
    evidence = make_evidence(files=[bare], mutation=make_mutation("Killed"))
    red = replace(evidence, suite=make_suite(make_outcome(), make_outcome("t.py::r", "failed")))
    for each, decision in ((evidence, "pass"), (red, "fail")):
        assert judge(make_policy(), replace(each, command="mutate"), TODAY).decision == decision
    assert judge(make_policy(), evidence, TODAY).decision == "fail"
