"""Situations of the rules about the policy, and about a change of its own rules."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from builders import (
    make_evidence,
    make_mutation,
    make_policy,
    make_rules,
)

from gate.model import (
    Relocation,
    RuleChange,
    RulesOfChange,
    Suppression,
    UnmeasuredImport,
)
from situations.entered import CORE, Situation, situation


@situation
def a_policy_of_the_gate_with_notes_and_without_a_core() -> Situation:
    return replace(make_policy(""), notes=("no policy was found",)), make_evidence()


@situation
def a_policy_that_guards_nothing() -> Situation:
    text = """
        [mutation]
        core = ["lib/a.py", "pkg/a.py", "pk"]
        [[path]]
        match = "lib/*.py"
        coverage.line = 9
        """
    return make_policy(text), make_evidence(mutation=make_mutation("Killed"))


@situation
def a_change_of_its_own_rules() -> Situation:
    directions = ("looser", "tighter", "other")
    rules = RulesOfChange(
        "c" * 40,
        policy=tuple(RuleChange("coverage.line", "80", "70", each) for each in directions),
        selection=tuple(
            RuleChange("addopts -k", "nothing", "-k a", direction, path)
            for direction, path in product(directions, ("pytest.ini", "a fixture"))
        ),
        hooks=(Suppression("conftest.py", 9, "collect_ignore", "collect_ignore"),),
        suppressions=(
            Suppression("pkg/a.py", 7, "no cover", "x = 1  # pragma: no cover"),
            Suppression("tests/test_a.py", 3, "skip", "skip"),
        ),
        unmeasured=(
            Relocation("tools/a.py", 4, "pkg/a.py", "", 1_200),
            Relocation("tools/b.py", 5, "pkg/b.py", "Box.size", 1),
        ),
        left_core=(
            Relocation("pkg/c.py", 3, "pkg/b.py", "first", 2),
            Relocation("pkg/d.py", 1, "pkg/b.py", "", 9),
        ),
        imports=(UnmeasuredImport("pkg/a.py", 2, "helpers/h.py"),),
        notes=("lax.toml has no say", "setup.cfg leaves out more"),
    )
    mutation = make_mutation(changed=True, results=())
    return make_policy(CORE), replace(make_evidence(mutation=mutation), rules=rules)


@situation
def suppressions_that_the_policy_allows_under_a_policy_without_a_file() -> Situation:
    policy = replace(make_policy("suppressions.new = 1\n"), origin="the gate's own rules")
    return policy, replace(make_evidence(), rules=make_rules())
