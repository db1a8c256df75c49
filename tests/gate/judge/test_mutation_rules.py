from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from builders import TODAY, make_evidence, make_mutant, make_mutation, make_policy, make_result

from gate.judge.rules.mutation_measured import rule as mutation_measured
from gate.judge.rules.mutation_waivers import rule as mutation_waivers
from gate.model import Command, Evidence, Finding, MutationRun, NotJudged, Problem, Status
from gate.policy.model import Policy

Rule = Callable[[Policy, Evidence, date], Iterator[Finding]]
CORE = '[mutation]\ncore = ["pkg"]\n'
WAIVER = """
[[mutation.waive]]
mutant = "{mutant}"
reason = "only the speed changes"
owner = "core"
expires = {expires}
"""
TERMS = "only the speed changes (owner core, until 2027-03-31)"
WAIVED = {"status": "Ignored", "reason": "waived: only the speed changes"}


def findings(
    rule: Rule, run: MutationRun | None, policy: str = CORE, command: Command = "check"
) -> list[Finding]:
    evidence = replace(make_evidence(mutation=run), command=command)
    return list(rule(make_policy(policy), evidence, TODAY))


def waiver(mutant: str = make_mutant().id, expires: str = "2027-03-31") -> str:
    return WAIVER.format(mutant=mutant, expires=expires)


def without_evidence(run: MutationRun | None, **options: Any) -> str:
    """The message of the one finding, which forces inconclusive."""
    (finding,) = findings(mutation_measured, run, **options)
    assert (finding.level, finding.forces) == ("error", "inconclusive")
    return finding.message


def warned(run: MutationRun | None, **options: Any) -> list[str]:
    """The messages of findings that are all warnings and force nothing."""
    told = findings(mutation_measured, run, **options)
    assert {(finding.level, finding.forces) for finding in told} <= {("warning", None)}
    return [finding.message for finding in told]


def test_a_measured_run_has_nothing_to_say() -> None:
    for rule in (mutation_measured, mutation_waivers):
        assert findings(rule, make_mutation("Killed", "Survived", "NoCoverage", "Ignored")) == []


def test_a_core_that_was_not_mutated_is_no_evidence() -> None:
    policy = '[mutation]\ncore = ["pkg/a.py", "pkg/b.py"]\n'
    assert without_evidence(None, policy=policy) == (
        "mutation testing did not run, so the score of pkg/a.py and 1 more path was not judged"
    )


def test_nothing_is_required_of_mutants_that_the_run_was_not_asked_for() -> None:
    left_out = (NotJudged("mutation", "--no-mutation"),)
    evidence = make_evidence(not_judged=left_out)
    assert list(mutation_measured(make_policy(CORE), evidence, TODAY)) == []
    other = replace(evidence, not_judged=(NotJudged("lost kills", "--no-mutation"),))
    assert len(list(mutation_measured(make_policy(CORE), other, TODAY))) == 1
    mutate = replace(evidence, command="mutate")
    (finding,) = mutation_measured(make_policy(CORE), mutate, TODAY)
    assert finding.forces == "inconclusive"


def test_without_a_core_a_check_asks_for_no_mutants() -> None:
    assert findings(mutation_measured, None, policy="") == []
    assert findings(mutation_measured, MutationRun(()), policy="") == []


@pytest.mark.parametrize("run", [None, MutationRun(())])
def test_a_command_to_mutate_that_mutated_nothing_is_no_evidence(run: MutationRun | None) -> None:
    assert "was judged" in without_evidence(run, policy="", command="mutate")


def test_a_core_that_is_no_file_is_no_evidence() -> None:
    said = without_evidence(make_mutation(core=()))
    assert said == "no file of pkg was mutated, so no score was judged"


def test_each_problem_is_told_once_and_forces_inconclusive() -> None:
    lost = Problem("pkg/a.py", "its coverage data is torn")
    told = findings(mutation_measured, make_mutation("Killed", problems=(lost, lost)))
    assert [(finding.message, finding.forces) for finding in told] == [
        ("pkg/a.py: its coverage data is torn", "inconclusive")
    ]


def test_a_file_that_could_not_be_mutated_is_told_once() -> None:
    lost = Problem("pkg/a.py", "it cannot be mutated: invalid syntax, line 3")
    said = without_evidence(make_mutation(problems=(lost,)))
    assert said == "pkg/a.py: it cannot be mutated: invalid syntax, line 3"


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (make_mutation(), "pkg/a.py has nothing to mutate"),
        (make_mutation("Ignored"), "the only mutant of pkg/a.py is noise"),
        (make_mutation("Ignored", "Ignored"), "all 2 mutants of pkg/a.py are noise"),
        (make_mutation("CompileError"), "the only mutant of pkg/a.py does not compile"),
        (
            make_mutation(
                results=(make_result(1, "Ignored"), make_result(2, **WAIVED)),
                core=("pkg/a.py", "pkg/b.py"),
            ),
            "none of the 2 mutants of pkg/a.py and 1 more path counts: 1 is noise, 1 is waived",
        ),
        (
            make_mutation(*["Ignored"] * 2, *["CompileError"] * 2),
            "none of the 4 mutants of pkg/a.py counts: 2 do not compile, 2 are noise",
        ),
    ],
)
def test_a_core_without_a_valid_mutant_is_no_evidence_and_says_why(
    run: MutationRun, said: str
) -> None:
    assert without_evidence(run) == f"{said}, so no score was judged"


def test_valid_mutants_outside_the_core_are_no_evidence_for_it() -> None:
    run = make_mutation("Killed", core=("pkg/b.py",))
    assert without_evidence(run) == "pkg/b.py has nothing to mutate, so no score was judged"


@pytest.mark.parametrize(
    "status", ["Killed", "Timeout", "RuntimeError", "Survived", "NoCoverage", "Pending"]
)
def test_one_valid_mutant_is_evidence(status: Status) -> None:
    assert not [each for each in findings(mutation_measured, make_mutation(status)) if each.forces]


def test_one_file_of_the_core_without_a_valid_mutant_is_a_warning() -> None:
    policy = '[mutation]\ncore = ["pkg/__init__.py", "pkg/a.py"]'
    run = make_mutation("Killed", core=("pkg/__init__.py", "pkg/a.py"))
    (finding,) = findings(mutation_measured, run, policy)
    assert (finding.level, finding.forces, finding.path) == ("warning", None, "pkg/__init__.py")
    assert finding.message == ("pkg/__init__.py has nothing to mutate, so its score was not judged")


def test_a_file_without_code_in_a_folder_of_the_core_is_not_worth_a_word() -> None:
    run = make_mutation("Killed", core=("pkg/__init__.py", "pkg/a.py"))
    assert findings(mutation_measured, run, '[mutation]\ncore = ["pkg"]') == []
    noise = make_result(2, "Ignored")
    ignored = replace(noise, mutant=replace(noise.mutant, path="pkg/__init__.py"))
    noisy = replace(run, results=(*run.results, ignored))
    (finding,) = findings(mutation_measured, noisy, '[mutation]\ncore = ["pkg"]')
    assert finding.message.startswith("the only mutant of pkg/__init__.py is noise")


def test_a_change_without_a_mutant_is_no_hole() -> None:
    assert findings(mutation_measured, make_mutation(changed=True, core=())) == []


def test_unresolved_mutants_are_counted_by_reason_and_the_most_frequent_comes_first() -> None:
    run = make_mutation(
        results=(
            make_result(1, "Killed"),
            make_result(2, "Pending", reason="it could not be put in place"),
            make_result(3, "Pending"),
            make_result(4, "Pending"),
        )
    )
    assert warned(run) == [
        "2 mutants are unresolved: the budget was used up",
        "1 mutant is unresolved: it could not be put in place",
    ]
    assert make_mutant(3).id in findings(mutation_measured, run)[0].help


@pytest.mark.parametrize(
    ("reasons", "last"),
    [
        (5, "1 mutant is unresolved: reason 4"),
        (6, "1 mutant is unresolved for another reason"),
        (8, "3 mutants are unresolved for 3 other reasons"),
    ],
)
def test_only_the_most_frequent_reasons_are_named(reasons: int, last: str) -> None:
    results = [make_result(n, "Pending", reason=f"reason {n}") for n in range(reasons)]
    told = warned(make_mutation(results=tuple(results)))
    assert len(told) == min(reasons, 6)
    assert told[-1] == last


def test_what_took_no_part_is_a_warning() -> None:
    note = "2 red tests took no part; they ran 14 mutants"
    assert warned(make_mutation("Killed", notes=(note,))) == [note]


def test_a_waiver_is_listed_with_its_terms() -> None:
    run = make_mutation(results=(make_result(1, **WAIVED),))
    (finding,) = findings(mutation_waivers, run, waiver())
    assert finding.message == f"mutant {make_mutant().id} is waived: {TERMS}"
    assert (finding.level, finding.forces) == ("note", None)
    assert (finding.path, finding.line) == ("pkg/a.py", 1)


@pytest.mark.parametrize(
    ("expires", "forces"), [("2026-06-30", "fail"), ("2026-07-01", None), ("2026-07-02", None)]
)
@pytest.mark.parametrize("run", [None, make_mutation("Survived"), make_mutation(changed=True)])
def test_a_waiver_fails_from_the_day_after_its_last(
    run: MutationRun | None, expires: str, forces: str | None
) -> None:
    told = findings(mutation_waivers, run, waiver(expires=expires))
    assert [finding.forces for finding in told if finding.forces] == [forces] * bool(forces)


def test_an_expired_waiver_says_whose_it_is() -> None:
    (finding,) = findings(mutation_waivers, make_mutation(), waiver(expires="2026-06-30"))
    assert finding.message == (
        f"the waiver of mutant {make_mutant().id} has expired: "
        "only the speed changes (owner core, until 2026-06-30)"
    )


@pytest.mark.parametrize("mutant", ["000000000009", "00000000000", "0000000000011", "0"])
def test_a_waiver_matches_only_the_whole_id(mutant: str) -> None:
    (finding,) = findings(mutation_waivers, make_mutation("Survived"), waiver(mutant))
    assert (finding.level, finding.forces) == ("warning", None)
    assert finding.message == f"the waiver of mutant {mutant} matches no mutant: {TERMS}"


@pytest.mark.parametrize(
    ("run", "command"),
    [
        (None, "check"),
        (make_mutation("Killed", changed=True), "check"),
        (make_mutation("Killed"), "mutate"),
    ],
)
def test_a_run_over_some_mutants_says_nothing_of_waivers_for_others(
    run: MutationRun | None, command: Command
) -> None:
    assert findings(mutation_waivers, run, waiver("000000000009"), command) == []


def test_a_mutant_waived_without_the_policy_is_a_hole() -> None:
    run = make_mutation(results=(make_result(1, **WAIVED), make_result(2, "Ignored")))
    (finding,) = findings(mutation_waivers, run, "")
    assert (finding.level, finding.forces) == ("error", "inconclusive")
    assert make_mutant().id in finding.message
