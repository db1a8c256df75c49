from __future__ import annotations

from dataclasses import dataclass, field

from builders import (
    TODAY,
    make_file_coverage,
    make_mutant,
    make_mutation,
    make_outcome,
    make_policy,
    make_result,
    make_suite,
)

from gate.judge.verdict import judge
from gate.model import CoverageMap, MutantResult, MutationRun, TestOutcome
from gate.mutate.campaign import Campaign
from gate.partial import PartialEvidence

WHY = "the run was interrupted by SIGTERM"


@dataclass
class Heard:
    """What a listener was told."""

    told: list[object] = field(default_factory=list)

    def note(self, line: str) -> None:
        pass

    def stage(self, name: str) -> None:
        self.told.append(name)

    def collected(self, tests: int) -> None:
        self.told.append(tests)

    def ran(self, outcome: TestOutcome) -> None:
        self.told.append(outcome)

    def rechecking(self) -> None:
        self.told.append("rechecking")

    def mutating(self, mutants: int) -> None:
        self.told.append(mutants)

    def mutated(self, result: MutantResult) -> None:
        self.told.append(result)


def mutating(*results: MutantResult, mutants: int) -> MutationRun:
    """The evidence of a run that knows so many mutants, numbered from 1, and some results."""
    partial = PartialEvidence(Heard())
    partial.ran(make_outcome())
    made = [make_mutant(number) for number in range(1, mutants + 1)]
    partial.plan(Campaign(("pkg/a.py",), (), changed=True), made)
    for result in results:
        partial.mutated(result)
    mutation = partial.evidence("check", WHY).mutation
    assert mutation is not None
    return mutation


def test_every_report_is_passed_on() -> None:
    heard = Heard()
    partial = PartialEvidence(heard)
    outcome, result = make_outcome(), make_result()
    partial.stage("running")
    partial.collected(3)
    partial.ran(outcome)
    partial.rechecking()
    partial.mutating(2)
    partial.mutated(result)
    assert heard.told == ["running", 3, outcome, "rechecking", 2, result]


def test_before_the_first_test_there_is_nothing_to_keep() -> None:
    partial = PartialEvidence(Heard())
    partial.collected(3)
    assert partial.is_empty
    partial.ran(make_outcome())
    assert not partial.is_empty
    assert partial.summary() == "1 of 3 tests had run"


def test_outcomes_stand_for_the_suite_until_it_is_complete() -> None:
    partial = PartialEvidence(Heard())
    partial.ran(make_outcome("t::a"))
    partial.ran(make_outcome("t::b", "failed"))
    suite = partial.evidence("check", WHY).suite
    assert [each.test for each in suite.outcomes] == ["t::a", "t::b"]
    assert [each.message for each in suite.problems] == [WHY]
    partial.suite = make_suite(make_outcome("t::c"))
    suite = partial.evidence("check", WHY).suite
    assert [each.test for each in suite.outcomes] == ["t::c"]
    assert [each.message for each in suite.problems] == [WHY]


def test_a_run_that_was_interrupted_cannot_pass_however_good_it_was() -> None:
    partial = PartialEvidence(Heard())
    partial.suite = make_suite(make_outcome())
    partial.coverage = CoverageMap((make_file_coverage(),))
    assert judge(make_policy(), partial.evidence("check", WHY), TODAY).decision == "inconclusive"
    partial.mutation = make_mutation("Killed")
    assert judge(make_policy(), partial.evidence("check", WHY), TODAY).decision == "inconclusive"


def test_a_run_that_was_interrupted_among_its_mutants_has_a_whole_suite_and_one_reason() -> None:
    partial = PartialEvidence(Heard())
    partial.suite, partial.coverage = (
        make_suite(make_outcome()),
        CoverageMap((make_file_coverage(),)),
    )
    killed = make_result(1, "Killed")
    partial.plan(Campaign((killed.mutant.path,), ()), [killed.mutant, make_mutant(2)])
    partial.mutated(killed)
    evidence = partial.evidence("check", WHY)
    assert evidence.complete
    found = judge(make_policy(), evidence, TODAY)
    assert found.decision == "inconclusive"
    assert [each.rule for each in found.findings if each.forces] == [
        "mutation.measured",
        "mutation.score",
    ]


def test_mutants_without_a_result_are_unresolved() -> None:
    run = mutating(make_result(1, "Killed"), mutants=3)
    assert [each.status for each in run.results] == ["Killed", "Pending", "Pending"]
    assert run.results[2].reason == WHY
    assert (run.core, run.changed) == (("pkg/a.py",), True)
    assert [each.message for each in run.problems] == [WHY]


def test_the_last_result_of_a_mutant_counts() -> None:
    run = mutating(make_result(1, "Killed"), make_result(1, "Pending"), mutants=1)
    assert [each.status for each in run.results] == ["Pending"]


def test_a_survivor_stands_only_beside_a_kill_in_its_function() -> None:
    other = make_mutant(2, function="other")
    survivor = make_result(1, "Survived")
    partial = PartialEvidence(Heard())
    partial.plan(Campaign(("pkg/a.py",), ()), [survivor.mutant, other])
    partial.mutated(survivor)
    partial.mutated(make_result(2, "Killed", mutant=other))
    mutation = partial.evidence("check", WHY).mutation
    assert mutation is not None
    assert [each.status for each in mutation.results] == ["Pending", "Killed"]
    assert "control of its function was not run" in mutation.results[0].reason
    run = mutating(survivor, make_result(2, "Killed"), mutants=2)
    assert [each.status for each in run.results] == ["Survived", "Killed"]
