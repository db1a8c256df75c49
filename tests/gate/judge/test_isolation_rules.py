from __future__ import annotations

from collections.abc import Mapping

import pytest
from builders import TODAY, make_evidence, make_policy, make_suite

from gate.judge.rules.isolation_required import rule as isolation_required
from gate.model import Finding


def findings(require: str, isolation: Mapping[str, str]) -> list[Finding]:
    policy = make_policy(f'[isolation]\nrequire = "{require}"\n')
    evidence = make_evidence(make_suite(isolation=isolation))
    return list(isolation_required(policy, evidence, TODAY))


@pytest.mark.parametrize("require", ["basic", "partial", "full"])
@pytest.mark.parametrize("level", ["basic", "partial", "full"])
def test_a_level_below_the_required_one_is_inconclusive(require: str, level: str) -> None:
    order = ["basic", "partial", "full"]
    found = findings(require, {"level": level, "not in force": "network"})
    below = order.index(level) < order.index(require)
    assert [finding.forces for finding in found] == ["inconclusive"] * below
    for finding in found:
        assert finding.rule == "isolation.required"
        assert f"is {level}, {require} is required; not in force: network" in finding.message


@pytest.mark.parametrize("isolation", [{}, {"level": "splendid"}])
def test_a_run_that_does_not_tell_its_level_has_the_least(isolation: dict[str, str]) -> None:
    assert findings("basic", isolation) == []
    assert len(findings("partial", isolation)) == 1
