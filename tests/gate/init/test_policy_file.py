from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from gate.init.choice import Choice
from gate.init.figures import Figure, Figures, goals
from gate.init.policy_file import policy_text
from gate.policy.model import Policy, built_in_policy, parse_policy

NONE = Choice((), "for a reason")
GOALS = goals(built_in_policy())


def policy_of(measured: Choice = NONE, tests: Choice = NONE, core: Choice = NONE) -> Policy:
    return parse_policy(policy_text(measured, tests, core, GOALS), "policies/default.toml")


def test_the_policy_holds_what_was_chosen_and_the_defaults_of_the_gate() -> None:
    policy = policy_of(Choice(("pkg",), ""), Choice(("tests",), ""), Choice(("pkg/a.py",), ""))
    assert policy.source.include == ("pkg",)
    assert policy.tests.paths == ("tests",)
    assert policy.mutation.core == ("pkg/a.py",)
    default = built_in_policy()
    assert policy.coverage == default.coverage
    assert policy.mutation.score == default.mutation.score
    assert policy.mutation.changed == default.mutation.changed
    assert policy.tests.timeout == default.tests.timeout


def test_without_choices_the_policy_is_the_default_one() -> None:
    assert policy_of().digest == built_in_policy().digest


@pytest.mark.parametrize(
    "name", ["sp ace", 'quo"te', "apo'strophe", "ünï", "#hash", "]bracket", "💥"]
)
def test_names_stay_what_they_are(name: str) -> None:
    paths = (name, f"{name}/b")
    policy = policy_of(Choice(paths, name), Choice(paths, name), Choice(paths, name))
    assert policy.source.include == policy.tests.paths == policy.mutation.core == paths


@pytest.mark.parametrize(
    "why", ["new\nline", "x = 1\r[coverage]\rline = 0", "\x1b[31m", "a" * 5_000]
)
def test_a_reason_stays_a_comment(why: str) -> None:
    text = policy_text(*[Choice((), why)] * 3, GOALS)
    assert policy_of(*[Choice((), why)] * 3).digest == built_in_policy().digest
    assert text.isascii() or text.replace("\n", "").isprintable()


def test_each_reason_stands_above_its_table() -> None:
    text = policy_text(
        Choice(("pkg",), "one"), Choice(("tests",), "two"), Choice(("pkg",), "three"), GOALS
    )
    for reason, table in (("one", "[source]"), ("two", "[tests]"), ("three", "[mutation]")):
        before = text[: text.index(f"\n{table}\n")]
        assert reason in before[before.rindex("\n\n") :]


def test_many_paths_stand_on_lines_of_their_own() -> None:
    paths = tuple(f"package/module_{number}.py" for number in range(20))
    text = policy_text(Choice(paths, ""), NONE, NONE, GOALS)
    assert tomllib.loads(text)["source"]["include"] == list(paths)
    assert max(map(len, text.splitlines())) <= 110


def test_each_figure_stands_beside_its_reason() -> None:
    coverage = {
        kind: Figure(str(number), f"why {number}")
        for kind, number in (("line", 61), ("branch", 52), ("function", 43))
    }
    figures = Figures(coverage, Figure("34", "why 34"), Figure("5m", "a slow test"))
    text = policy_text(NONE, NONE, NONE, figures)
    policy = parse_policy(text, "gate.toml")
    assert (policy.coverage.line, policy.coverage.branch, policy.coverage.function) == (61, 52, 43)
    assert (policy.mutation.score, policy.tests.timeout) == (34, 300)
    for number in (61, 52, 43, 34):
        (line,) = [line for line in text.splitlines() if f" = {number} " in line]
        assert line.endswith(f"# why {number}")
    assert "# for each test; a slow test" in text


def test_tests_that_pass_only_after_others_leave_the_order_unchecked_and_say_so() -> None:
    text = policy_text(NONE, NONE, NONE, replace(GOALS, leaning=2))
    assert parse_policy(text, "gate.toml").tests.order == "off"
    assert "# 2 tests pass only after others; mend them and take this line out" in text
    assert "order" not in policy_text(NONE, NONE, NONE, GOALS)
