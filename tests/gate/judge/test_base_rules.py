from __future__ import annotations

from dataclasses import replace

import pytest
from builders import TODAY, make_evidence, make_policy

from gate.judge.rule import Rule
from gate.judge.rules.changed_unmeasured import rule as changed_unmeasured
from gate.judge.rules.policy_changed import rule as policy_changed
from gate.judge.rules.policy_loosened import rule as policy_loosened
from gate.judge.rules.suite_selection import rule as suite_selection
from gate.judge.rules.suppression_new import rule as suppression_new
from gate.model import (
    Direction,
    Finding,
    Relocation,
    RuleChange,
    RulesOfChange,
    Suppression,
    UnmeasuredImport,
)

BASE = "c" * 40
PRAGMA = Suppression("pkg/a.py", 7, "no cover", "x = 1  # pragma: no cover")
SKIP = Suppression("tests/test_a.py", 3, "skip", "skip")


def findings(rule: Rule, rules: RulesOfChange | None, policy: str = "") -> list[Finding]:
    evidence = replace(make_evidence(), rules=rules)
    return list(rule(make_policy(policy), evidence, TODAY))


def of_policy(direction: Direction) -> RulesOfChange:
    return RulesOfChange(BASE, policy=(RuleChange("coverage.line", "80", "70", direction),))


def of_selection(direction: Direction, path: str = "pytest.ini") -> RulesOfChange:
    change = RuleChange("addopts -k", "nothing", "-k a", direction, path)
    return RulesOfChange(BASE, selection=(change,))


@pytest.mark.parametrize("rules", [None, RulesOfChange(BASE)])
@pytest.mark.parametrize(
    "rule", [policy_loosened, policy_changed, suite_selection, suppression_new, changed_unmeasured]
)
def test_without_a_base_or_a_change_of_rules_there_is_nothing_to_say(
    rule: Rule, rules: RulesOfChange | None
) -> None:
    assert findings(rule, rules) == []


def test_a_loosening_fails_and_names_both_sides() -> None:
    (finding,) = findings(policy_loosened, of_policy("looser"))
    assert (finding.level, finding.forces) == ("error", "fail")
    assert finding.path == "policies/default.toml"
    assert "coverage.line: 80 becomes 70; the base's policy judged" in finding.message
    assert "merge by hand" in finding.help
    assert findings(policy_changed, of_policy("looser")) == []


@pytest.mark.parametrize(("direction", "verb"), [("tighter", "tightens"), ("other", "edits")])
def test_another_change_of_the_policy_is_a_note(direction: Direction, verb: str) -> None:
    (finding,) = findings(policy_changed, of_policy(direction))
    assert (finding.level, finding.forces) == ("note", None)
    assert f"{verb} coverage.line: 80 becomes 70; it counts from the next one on" in finding.message
    assert findings(policy_loosened, of_policy(direction)) == []


def test_what_has_no_say_is_a_note() -> None:
    (finding,) = findings(policy_changed, RulesOfChange(BASE, notes=("lax.toml has no say",)))
    assert (finding.level, finding.message) == ("note", "lax.toml has no say")


@pytest.mark.parametrize(
    ("direction", "level", "forces"),
    [("looser", "error", "fail"), ("other", "warning", None), ("tighter", "note", None)],
)
def test_fewer_tests_fail_and_what_cannot_be_told_is_a_warning(
    direction: Direction, level: str, forces: str | None
) -> None:
    (finding,) = findings(suite_selection, of_selection(direction))
    assert (finding.level, finding.forces, finding.path) == (level, forces, "pytest.ini")
    assert "addopts -k: nothing becomes -k a" in finding.message
    (nowhere,) = findings(suite_selection, of_selection(direction, "no file"))
    assert nowhere.path is None


def test_code_that_chooses_tests_is_a_warning_by_line() -> None:
    hook = Suppression("conftest.py", 9, "collect_ignore", "collect_ignore")
    (finding,) = findings(suite_selection, RulesOfChange(BASE, hooks=(hook,)))
    assert (finding.level, finding.forces) == ("warning", None)
    assert (finding.path, finding.line) == ("conftest.py", 9)


@pytest.mark.parametrize(("allowed", "forces"), [(0, "fail"), (1, "fail"), (2, None), (9, None)])
def test_suppressions_are_listed_by_line_and_fail_above_the_budget(
    allowed: int, forces: str | None
) -> None:
    rules = RulesOfChange(BASE, suppressions=(PRAGMA, SKIP))
    found = findings(suppression_new, rules, f"suppressions.new = {allowed}")
    assert [(f.path, f.line) for f in found] == [("pkg/a.py", 7), ("tests/test_a.py", 3)]
    assert [f.message for f in found] == [
        "new pragma no cover: x = 1  # pragma: no cover",
        "new skip: skip",
    ]
    assert {f.forces for f in found} == {forces}
    assert {f.level for f in found} == {"error" if forces else "note"}
    assert {(f.measured, f.required) for f in found} == {(2.0, float(allowed))}


def test_measured_code_that_begins_to_use_what_is_not_measured_fails() -> None:
    use = UnmeasuredImport("pkg/a.py", 7, "helpers/h.py")
    (finding,) = findings(changed_unmeasured, RulesOfChange(BASE, imports=(use,)))
    assert (finding.forces, finding.path, finding.line) == ("fail", "pkg/a.py", 7)
    assert finding.message == "measured code newly imports helpers/h.py, which is not measured"


@pytest.mark.parametrize(
    ("what", "lines", "message"),
    [
        ("", 12, "pkg/a.py, measured on the base, is not measured here: the change takes 12 lines"),
        ("Box.size", 1, "Box.size of pkg/a.py, measured on the base, is not measured here"),
    ],
)
def test_code_out_of_what_is_measured_fails(what: str, lines: int, message: str) -> None:
    moved = Relocation("tools/a.py", 4, "pkg/a.py", what, lines)
    (finding,) = findings(changed_unmeasured, RulesOfChange(BASE, unmeasured=(moved,)))
    assert (finding.forces, finding.path, finding.line) == ("fail", "tools/a.py", 4)
    assert message in finding.message
