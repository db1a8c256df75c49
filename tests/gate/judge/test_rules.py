from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from builders import TODAY, make_evidence, make_file_coverage, make_mutation, make_policy

from gate.judge.rule import Rule
from gate.judge.rules import RULES
from gate.judge.rules.policy_valid import rule as policy_valid
from gate.model import Command, Finding
from gate.policy.model import Policy, built_in_policy

CORE = '[mutation]\ncore = ["pkg/a.py"]\n'


def findings(policy: Policy, command: Command = "check") -> list[Finding]:
    evidence = make_evidence(files=[make_file_coverage("pkg/a.py")])
    return list(policy_valid(policy, replace(evidence, command=command), TODAY))


def test_without_a_core_the_report_says_that_nothing_is_gated_by_mutation() -> None:
    (finding,) = findings(make_policy())
    assert (finding.level, finding.forces) == ("note", None)
    assert "nothing is gated by mutation" in finding.message


@pytest.mark.parametrize("policy", ["", '[[path]]\nmatch = "gone.py"\ncoverage.line = 95\n'])
def test_a_command_to_mutate_says_nothing_of_what_a_check_would_guard(policy: str) -> None:
    assert findings(make_policy(policy), "mutate") == []


@pytest.mark.parametrize("core", ["pkg/a.py", "pkg", "."])
def test_a_core_that_holds_a_measured_file_needs_no_word(core: str) -> None:
    assert findings(make_policy(f'[mutation]\ncore = ["{core}"]\n')) == []


def test_each_path_of_the_core_without_a_measured_file_is_a_warning() -> None:
    told = findings(make_policy('[mutation]\ncore = ["pkg/a.py", "pkg/b.py", "pk"]\n'))
    assert [(finding.message, finding.level, finding.forces) for finding in told] == [
        (f"{path} in [mutation] core matches no measured file and guards nothing", "warning", None)
        for path in ("pkg/b.py", "pk")
    ]


def test_the_built_in_defaults_say_that_they_judge() -> None:
    default, _ = findings(built_in_policy())
    assert "built-in defaults" in default.message
    assert (default.level, default.forces) == ("note", None)


@pytest.mark.parametrize(("match", "count"), [("pkg/*.py", 0), ("pkg/a/*.py", 1)])
def test_a_path_rule_that_matches_no_measured_file_is_a_warning(match: str, count: int) -> None:
    told = findings(make_policy(f'{CORE}[[path]]\nmatch = "{match}"\ncoverage.line = 95\n'))
    of_path = [finding for finding in told if match in finding.message]
    assert [finding.level for finding in of_path] == ["warning"] * count


def test_every_rule_is_pure() -> None:
    run = make_mutation("Killed", "Survived", "Pending", "Ignored")
    policy, evidence = make_policy(CORE), make_evidence(mutation=run)
    for rule in RULES:
        assert list(rule(policy, evidence, TODAY)) == list(rule(policy, evidence, TODAY))


def test_a_check_asks_every_rule_and_a_command_to_mutate_none_of_coverage() -> None:
    assert all("check" in rule.commands for rule in RULES)
    of_mutants = {rule.id for rule in RULES if "mutate" in rule.commands}
    assert {rule.id for rule in RULES} - of_mutants == {
        *("coverage.line", "coverage.branch", "coverage.function", "coverage.path"),
        *("changed.line", "changed.branch", "changed.function", "changed.nothing"),
        "changed.unmeasured",
    }


def test_a_rule_is_asked_with_what_it_names_in_any_order() -> None:
    asked = []

    def find(today: date, policy: Policy) -> Iterator[Finding]:
        asked.append((today, policy))
        yield from ()

    policy = make_policy()
    rule = Rule("a.b", "title", "checks", "why", "fix", "nothing.", find)
    assert list(rule(policy, make_evidence(), TODAY)) == []
    assert asked == [(TODAY, policy)]
