from __future__ import annotations

from builders import (
    TODAY,
    make_change,
    make_evidence,
    make_file_coverage,
    make_mutant,
    make_mutation,
    make_policy,
    make_result,
)

from gate.judge.rules.policy_valid import rule as policy_valid
from gate.model import Evidence, Finding, Ratio
from gate.policy.model import Policy


def below_goals(policy: Policy, evidence: Evidence) -> list[Finding]:
    """What the rule says of thresholds below the gate's own."""
    found = policy_valid(policy, evidence, TODAY)
    return [finding for finding in found if "the gate's goals" in finding.message]


LOW = "[coverage]\nline = 61\nfunction = 50\n[mutation]\ncore = ['pkg']\nscore = 0\n"
FILE = make_file_coverage(line=Ratio(6245, 10000), function=Ratio(0, 0))


def test_what_is_asked_below_the_goals_is_named_with_what_is_measured() -> None:
    mutation = make_mutation("Killed", "Survived", core=("pkg/a.py",))
    evidence = make_evidence(files=[FILE], mutation=mutation)
    (finding,) = below_goals(make_policy(LOW), evidence)
    assert (finding.rule, finding.level, finding.forces) == ("policy.valid", "note", None)
    assert finding.help == "Raise them in the policy as the tests get better."
    assert finding.message == (
        "the policy asks less than the gate's goals: line coverage 61 % (62.45 measured, the goal is 80); "
        "mutation score 0 % (50 measured, the goal is 70)"
    )
    assert finding in list(policy_valid(make_policy(LOW), evidence, TODAY))


def test_of_the_files_of_the_core_the_lowest_score_is_named() -> None:
    results = (
        make_result(1),
        make_result(2, mutant=make_mutant(2, path="pkg/b.py")),
        make_result(3, "Survived", mutant=make_mutant(3, path="pkg/b.py")),
    )
    mutation = make_mutation(results=results, core=("pkg/a.py", "pkg/b.py"))
    policy = make_policy("[mutation]\ncore = ['pkg']\nscore = 20\n")
    (finding,) = below_goals(policy, make_evidence(files=[FILE], mutation=mutation))
    assert finding.message.endswith("mutation score 20 % (50 measured, the goal is 70)")


def test_nothing_is_said_of_a_policy_that_asks_the_goals_nor_of_a_change() -> None:
    evidence = make_evidence(files=[FILE])
    assert below_goals(make_policy(), evidence) == []
    assert below_goals(make_policy(LOW), make_evidence(changed=make_change())) == []


def test_a_score_that_was_not_judged_is_not_named() -> None:
    policy = make_policy("[mutation]\ncore = ['pkg']\nscore = 0\n")
    assert below_goals(policy, make_evidence()) == []


def test_an_order_that_is_not_checked_is_named() -> None:
    (finding,) = below_goals(make_policy("[tests]\norder = 'off'\n"), make_evidence(files=[FILE]))
    assert finding.message == (
        "the policy asks less than the gate's goals: "
        "whether tests depend on their order is not checked"
    )
