from __future__ import annotations

import pytest
from builders import TODAY, make_evidence, make_file_coverage, make_policy

from gate.judge.rules import RULES, policy_valid
from gate.model import Finding
from gate.policy import Policy, built_in_policy

CORE = '[mutation]\ncore = ["pkg/a.py", "pkg/b.py"]\n'


def findings(policy: Policy) -> list[Finding]:
    evidence = make_evidence(files=[make_file_coverage("pkg/a.py")])
    return list(policy_valid(policy, evidence, TODAY))


def test_without_a_core_the_report_says_that_nothing_is_gated_by_mutation() -> None:
    (finding,) = findings(make_policy())
    assert (finding.level, finding.forces) == ("note", None)
    assert "nothing is gated by mutation" in finding.message


def test_a_core_that_was_not_mutated_is_a_warning() -> None:
    (finding,) = findings(make_policy(CORE))
    assert finding.level == "warning"
    assert "pkg/a.py and 1 more" in finding.message


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
    policy, evidence = make_policy(), make_evidence()
    for rule in RULES:
        assert list(rule(policy, evidence, TODAY)) == list(rule(policy, evidence, TODAY))
