from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

import pytest
from builders import (
    TODAY,
    make_change,
    make_evidence,
    make_file_coverage,
    make_mutant,
    make_mutation,
    make_outcome,
    make_policy,
    make_result,
    make_suite,
)

from gate.judge.rules.mutation_changed import rule as mutation_changed
from gate.judge.rules.mutation_score import rule as mutation_score
from gate.model import (
    CoverageMap,
    Evidence,
    Finding,
    MutantResult,
    MutationRun,
    Relocation,
    RulesOfChange,
    Status,
)
from gate.policy.model import Policy

Rule = Callable[[Policy, Evidence, date], Iterator[Finding]]


def findings(rule: Rule, run: MutationRun | None, policy: str = "") -> list[Finding]:
    return list(rule(make_policy(policy), make_evidence(mutation=run), TODAY))


def placed(*mutants: tuple[str, str, Status]) -> tuple[MutantResult, ...]:
    """One result for each (path, function, status), each on a line of its own."""
    return tuple(
        make_result(number, status, mutant=make_mutant(number, path=path, function=function))
        for number, (path, function, status) in enumerate(mutants, 1)
    )


def in_a(*functions: tuple[str, Status, int]) -> tuple[MutantResult, ...]:
    """`count` results for each (function, status, count), all in pkg/a.py."""
    return placed(
        *(("pkg/a.py", function, status) for function, status, n in functions for _ in range(n))
    )


def test_without_mutants_there_is_no_score_to_compare() -> None:
    for rule in (mutation_score, mutation_changed):
        assert findings(rule, None) == []
        assert findings(rule, make_mutation()) == []


@pytest.mark.parametrize(
    ("killed", "survived", "unresolved", "forces"),
    [
        (7, 3, 0, []),
        (6, 4, 0, ["fail"]),
        (6, 3, 1, ["inconclusive"]),
        (0, 3, 7, ["inconclusive"]),
        (0, 4, 6, ["fail"]),
        (7, 2, 1, []),
        (0, 0, 1, ["inconclusive"]),
    ],
)
@pytest.mark.parametrize("changed", [False, True])
def test_the_interval_decides(
    changed: bool, killed: int, survived: int, unresolved: int, forces: list[str]
) -> None:
    statuses = ["Killed"] * killed + ["Survived"] * survived + ["Pending"] * unresolved
    run = make_mutation(*statuses, changed=changed)  # type: ignore[arg-type]  # each is a status
    told = findings(
        mutation_changed if changed else mutation_score, run, "[mutation]\nchanged.score = 70\n"
    )
    assert [finding.forces for finding in told] == forces


def test_69_96_is_not_70() -> None:
    for detected, said in ((1749, [69.96]), (1750, [])):
        results = in_a(("add", "Killed", detected), ("add", "Survived", 2500 - detected))
        told = findings(mutation_score, make_mutation(results=results))
        assert [finding.measured for finding in told] == said


def test_timeouts_and_crashes_are_detected_and_noise_does_not_count() -> None:
    run = make_mutation("Timeout", "RuntimeError", "Ignored", "CompileError")
    assert findings(mutation_score, run, "[mutation]\nscore = 100\n") == []


def test_a_low_score_names_the_functions_with_most_undetected_and_one_survivor_to_see() -> None:
    results = in_a(
        ("forward", "NoCoverage", 1),
        ("forward", "Survived", 3),
        ("", "NoCoverage", 2),
        ("step", "Survived", 3),
        ("loss", "Survived", 1),
        ("loss", "Killed", 1),
    )
    (finding,) = findings(mutation_score, make_mutation(results=results[::-1]))
    assert finding.message == (
        "9.09 % of the mutants are detected, 70 % is required: "
        "7 survived and 3 are not covered, "
        "most of them in forward (4), step (3), module level (2)"
    )
    assert (finding.path, finding.line, finding.forces) == ("pkg/a.py", 2, "fail")
    assert (finding.measured, finding.required) == (9.09, 70.0)
    assert f"gate show {make_mutant(2).id}" in finding.help


def test_an_open_score_says_how_many_are_unresolved() -> None:
    results = in_a(("add", "Killed", 2), ("add", "Pending", 1), ("sub", "Survived", 1))
    (finding,) = findings(mutation_score, make_mutation(results=results))
    assert finding.message == (
        "50 to 75 % of the mutants are detected, 70 % is required: "
        "1 is unresolved; 1 survived, in sub (1)"
    )
    assert (finding.line, finding.measured) == (4, 50.0)


def test_with_nothing_but_unresolved_mutants_one_of_them_is_shown() -> None:
    results = in_a(("add", "Pending", 2))
    (finding,) = findings(mutation_score, make_mutation(results=results))
    assert finding.message == (
        "0 to 100 % of the mutants are detected, 70 % is required: 2 are unresolved, in add (2)"
    )
    assert make_mutant(1).id in finding.help


def test_a_mutant_that_no_test_covers_is_named_as_such() -> None:
    (finding,) = findings(mutation_score, make_mutation("NoCoverage"))
    assert finding.message.endswith("is required: 1 is not covered, in add (1)")


def two_files(first: Sequence[Status], second: Sequence[Status]) -> tuple[MutantResult, ...]:
    files = {"pkg/a.py": first, "pkg/b.py": second}
    return placed(*((path, "f", status) for path, of in files.items() for status in of))


def test_each_file_of_the_core_is_compared_on_its_own() -> None:
    results = two_files(["Killed"] * 9, ["Survived"])
    run = make_mutation(results=results, core=("pkg/b.py", "pkg/a.py"))
    (finding,) = findings(mutation_score, run)
    assert (finding.path, finding.measured) == ("pkg/b.py", 0.0)


def test_a_file_outside_the_core_is_not_compared() -> None:
    run = make_mutation(results=two_files(["Killed"], ["Survived"]), core=("pkg/a.py",))
    assert findings(mutation_score, run) == []


@pytest.mark.parametrize(("score", "count"), [("50", 0), ("50.001", 1)])
def test_a_path_rule_sets_the_score_of_its_files(score: str, count: int) -> None:
    policy = f'[[path]]\nmatch = "pkg/a.py"\nmutation.score = {score}\n'
    assert len(findings(mutation_score, make_mutation("Killed", "Survived"), policy)) == count


def test_a_change_is_compared_as_a_whole_and_with_its_own_threshold() -> None:
    results = two_files(["Survived"], ["Killed"] * 4)
    run = make_mutation(results=results, changed=True, core=("pkg/a.py",))
    assert findings(mutation_score, run) == []
    assert findings(mutation_changed, run) == []
    (finding,) = findings(mutation_changed, run, "[mutation]\nchanged.score = 80.001\n")
    assert finding.message == (
        "80 % of the mutants of the change are detected, 80.001 % is required: "
        "1 survived, in pkg/a.py::f (1)"
    )


def test_a_change_begins_with_the_file_that_has_most_undetected() -> None:
    results = placed(
        ("pkg/a.py", "most", "Survived"),
        ("pkg/a.py", "most", "Survived"),
        ("pkg/b.py", "one", "Survived"),
        ("pkg/b.py", "two", "NoCoverage"),
        ("pkg/b.py", "", "Survived"),
    )
    (finding,) = findings(mutation_changed, make_mutation(results=results, changed=True))
    assert (finding.path, finding.line) == ("pkg/b.py", 3)
    assert finding.message.endswith(
        "most of them in pkg/a.py::most (2), pkg/b.py::one (1), pkg/b.py::two (1)"
    )


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (make_mutation(changed=True), "the change touches no function of the core"),
        (
            make_mutation("Ignored", "Ignored", changed=True),
            "all 2 mutants of the change are noise",
        ),
    ],
)
def test_a_change_without_a_valid_mutant_says_so_by_name(run: MutationRun, said: str) -> None:
    (finding,) = findings(mutation_changed, run)
    assert (finding.message, finding.level, finding.forces) == (said, "note", None)


def test_what_moves_out_of_the_core_is_told_and_has_its_place_named() -> None:
    moved = Relocation("pkg/b.py", 7, "pkg/a.py", "first", 2)
    evidence = make_evidence(changed=make_change(), mutation=make_mutation("Killed", changed=True))
    rules = RulesOfChange("c" * 40, left_core=(moved,))
    (finding,) = mutation_changed(make_policy(), replace(evidence, rules=rules), TODAY)
    assert (finding.level, finding.forces) == ("note", None)
    assert (finding.path, finding.line) == ("pkg/b.py", 7)
    assert finding.message.startswith("first moves out of the core, from pkg/a.py")


def test_changed_files_outside_the_core_are_named_for_nothing_mutates_them() -> None:
    policy = make_policy('[mutation]\ncore = ["pkg/a.py", "pkg/deep"]')
    paths = ["pkg/a.py", "pkg/deep/b.py", "pkg/f.py", "pkg/c.py", "pkg/d.py", "pkg/e.py"]
    evidence = make_evidence(
        changed=make_change(),
        changed_files=[make_file_coverage(path) for path in paths],
        mutation=make_mutation("Killed", changed=True),
    )
    (finding,) = mutation_changed(policy, evidence, TODAY)
    assert (finding.level, finding.forces) == ("note", None)
    assert finding.message == (
        "4 changed files are outside of [mutation] core and not mutated: "
        "pkg/c.py, pkg/d.py, pkg/e.py and 1 more"
    )
    inside = replace(evidence, changed_coverage=CoverageMap((make_file_coverage("pkg/a.py"),)))
    assert list(mutation_changed(policy, inside, TODAY)) == []
    assert list(mutation_changed(policy, replace(evidence, command="mutate"), TODAY)) == []


@pytest.mark.parametrize("rule", [mutation_score, mutation_changed])
def test_where_no_test_passed_no_score_is_compared(rule: Rule) -> None:
    run = make_mutation("NoCoverage", changed=rule is mutation_changed)
    skipped = make_suite(make_outcome(outcome="skipped"))
    assert list(rule(make_policy(""), make_evidence(skipped, mutation=run), TODAY)) == []
    told = list(rule(make_policy(""), make_evidence(mutation=run), TODAY))
    assert [finding.forces for finding in told] == ["fail"]
