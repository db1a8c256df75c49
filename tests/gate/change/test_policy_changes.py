from __future__ import annotations

from collections.abc import Mapping

import pytest
from builders import make_policy

from gate.change.policy_changes import (
    Sides,
    compared_keys,
    policy_changes,
)
from gate.measure.files import chosen, present
from gate.model import RuleChange
from gate.policy.model import policy_keys

FILES = ("pkg/a.py", "pkg/b.py", "pkg/sub/c.py", "tests/test_a.py", "tests/deep/test_b.py")
ENTRY = 'reason = "r"\nowner = "o"\nexpires = '


def changes(before: str, after: str, renamed: Mapping[str, str] | None = None) -> list[RuleChange]:
    sides = Sides(make_policy(before), make_policy(after), FILES, renamed or {})
    return list(policy_changes(sides))


def directions(before: str, after: str) -> list[tuple[str, str]]:
    return [(change.key, change.direction) for change in changes(before, after)]


def exclusion(expires: str = "2027-01-01", test: str = "tests/test_a.py::*") -> str:
    return f'[[tests.exclude]]\ntest = "{test}"\n{ENTRY}{expires}\n'


def waiver(expires: str = "2027-01-01") -> str:
    return f'[[mutation.waive]]\nmutant = "abc"\n{ENTRY}{expires}\n'


def rule(match: str, line: int) -> str:
    return f'[[path]]\nmatch = "{match}"\ncoverage.line = {line}\n'


def test_every_key_of_a_policy_is_compared() -> None:
    keys = policy_keys()
    leaves = {key for key in keys if not any(other.startswith(f"{key}.") for other in keys)}
    assert leaves == compared_keys()


def test_equal_policies_have_no_change_whatever_their_text() -> None:
    assert changes("coverage.line = 80", "# the default\n[coverage]\nbranch = 90.0\n") == []


@pytest.mark.parametrize(
    "key",
    [
        *("coverage.line", "coverage.branch", "coverage.function"),
        *("coverage.changed.line", "coverage.changed.branch"),
        *("mutation.score", "mutation.changed.score"),
    ],
)
def test_a_lower_threshold_is_looser_and_a_higher_one_tighter(key: str) -> None:
    lower, higher = f"{key} = 40", f"{key} = 40.5"
    assert changes(higher, lower) == [RuleChange(key, "40.5", "40", "looser")]
    assert changes(lower, higher) == [RuleChange(key, "40", "40.5", "tighter")]


def test_a_larger_budget_of_suppressions_is_looser() -> None:
    one, two = "suppressions.new = 1", "suppressions.new = 2"
    assert directions(one, two) == [("suppressions.new", "looser")]
    assert directions(two, one) == [("suppressions.new", "tighter")]


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("tests.timeout", ('"10s"', '"20s"')),
        ("tests.memory", ('"1GiB"', '"2GiB"')),
        ("tests.output", ('"1MiB"', '"2MiB"')),
    ],
)
def test_a_limit_is_neither_looser_nor_tighter(key: str, values: tuple[str, str]) -> None:
    for before, after in (values, values[::-1]):
        assert directions(f"{key} = {before}", f"{key} = {after}") == [(key, "other")]


def test_the_order_probe_switched_off_is_looser() -> None:
    assert directions("", 'tests.order = "off"') == [("tests.order", "looser")]
    assert directions('tests.order = "off"', "") == [("tests.order", "tighter")]


def test_measured_files_are_compared_not_the_words_for_them() -> None:
    whole, part = 'source.include = ["pkg"]', 'source.include = ["pkg/a.py"]'
    (narrowed,) = changes(whole, part)
    assert narrowed.direction == "looser"
    assert narrowed.after == "pkg/a.py, without pkg/b.py, pkg/sub/c.py"
    assert directions(part, whole) == [("source.include", "tighter")]
    every = 'source.include = ["pkg/a.py", "pkg/b.py", "pkg/sub"]'
    assert directions(whole, every) == [("source.include", "other")]
    assert directions("", whole) == [("source.include", "other")]


def test_other_files_in_place_of_some_are_both() -> None:
    before, after = 'source.include = ["pkg/a.py"]', 'source.include = ["pkg/b.py"]'
    assert [d for _, d in directions(before, after)] == ["looser", "tighter"]


def test_a_core_without_one_of_its_files_is_looser() -> None:
    whole, part = 'mutation.core = ["pkg"]', 'mutation.core = ["pkg/a.py", "pkg/b.py"]'
    assert directions(whole, part) == [("mutation.core", "looser")]
    assert directions(whole, "") == [("mutation.core", "looser")]
    assert directions(part, whole) == [("mutation.core", "tighter")]


def test_a_file_that_is_renamed_out_of_the_core_has_left_it() -> None:
    core = 'mutation.core = ["pkg/old.py"]'
    renamed = {"pkg/a.py": "pkg/old.py"}
    assert [c.direction for c in changes(core, core, renamed)] == ["looser"]
    followed = changes(core, 'mutation.core = ["pkg/a.py"]', renamed)
    assert [c.direction for c in followed] == ["other"]


def test_test_paths_are_compared_by_the_test_files_below_them() -> None:
    all_of, some = 'tests.paths = ["tests"]', 'tests.paths = ["tests/deep"]'
    assert directions(all_of, some) == [("tests.paths", "looser")]
    assert directions(some, all_of) == [("tests.paths", "tighter")]
    assert directions("", all_of) == [("tests.paths", "other")]
    one, other = 'tests.paths = ["tests/test_a.py::x"]', 'tests.paths = ["tests/test_a.py::y"]'
    assert directions(one, other) == [("tests.paths", "looser")]
    assert directions(one, 'tests.paths = ["tests/test_a.py"]') == [("tests.paths", "other")]


@pytest.mark.parametrize(
    ("entry", "key"), [(exclusion, "tests.exclude"), (waiver, "mutation.waive")]
)
def test_an_entry_that_is_new_or_lasts_longer_is_looser(entry: object, key: str) -> None:
    assert callable(entry)
    short, long = entry("2027-01-01"), entry("2028-01-01")
    for before, after in (("", short), (short, long)):
        ((name, direction),) = directions(before, after)
        assert (name.split()[0], direction) == (key, "looser")
        assert [d for _, d in directions(after, before)] == ["tighter"]
    assert [d for _, d in directions(short, short.replace('"r"', '"s"'))] == ["other"]


def test_a_second_entry_for_the_same_prolongs_it() -> None:
    short = exclusion("2027-01-01")
    assert [d for _, d in directions(short, short + exclusion("2030-01-01"))] == ["looser"]


def test_an_exclusion_by_marker_is_another_than_one_by_name() -> None:
    by_name = exclusion(test="slow")
    by_marker = by_name.replace('test = "slow"', 'marker = "slow"')
    assert [d for _, d in directions(by_name, by_marker)] == ["looser", "tighter"]


def test_more_kinds_of_noise_are_looser() -> None:
    few, more = 'mutation.noise = ["log"]', 'mutation.noise = ["log", "repr"]'
    assert changes(few, more) == [RuleChange("mutation.noise", "none", "repr", "looser")]
    assert directions(more, few) == [("mutation.noise", "tighter")]


def test_rules_for_paths_are_compared_by_what_each_file_must_reach() -> None:
    strict = rule("pkg/a.py", 95)
    (dropped,) = changes(strict, "")
    assert dropped == RuleChange("path coverage.line of pkg/a.py", "95", "80", "looser")
    assert [c.direction for c in changes("", strict)] == ["tighter"]
    assert [c.direction for c in changes("", rule("pkg/**", 10))] == ["looser"]
    assert [c.direction for c in changes(strict, strict + rule("pkg/*.py", 90))] == [
        "looser",
        "tighter",
    ]


def test_a_rule_that_only_keeps_a_file_where_it_was_is_no_loosening() -> None:
    found = changes("", "coverage.line = 90\n" + rule("pkg/a.py", 80))
    assert [(c.key, c.direction) for c in found] == [
        ("coverage.line", "tighter"),
        ("path", "other"),
    ]


def test_a_rule_for_no_measured_file_is_neither() -> None:
    assert directions("", rule("elsewhere/**", 1)) == [("path", "other")]


def test_paths_that_hold_nothing_are_left_aside_and_nothing_left_is_nothing() -> None:
    assert present(("pkg", "gone", "pkg/a.py"), FILES) == ("pkg", "pkg/a.py")
    assert chosen(FILES, ("gone", "pkg/sub")) == ("pkg/sub/c.py",)
    assert chosen(FILES, ("gone",)) == ()
    assert chosen(FILES, ()) == ("pkg/a.py", "pkg/b.py", "pkg/sub/c.py")


@pytest.mark.parametrize(
    ("key", "weaker", "stronger"),
    [
        ("isolation.require", '[isolation]\nrequire = "basic"', '[isolation]\nrequire = "full"'),
        ("isolation.network", '[isolation]\nnetwork = "on"', '[isolation]\nnetwork = "off"'),
        ("tests.environment", '[tests]\nenvironment = ["A", "B"]', '[tests]\nenvironment = ["A"]'),
    ],
)
def test_less_isolation_is_looser_and_more_is_tighter(key: str, weaker: str, stronger: str) -> None:
    assert directions(stronger, weaker) == [(key, "looser")]
    assert directions(weaker, stronger) == [(key, "tighter")]


def test_another_interpreter_is_told_and_neither_looser_nor_tighter() -> None:
    before, after = '[tests]\npython = "a/bin/python"', '[tests]\npython = "b/bin/python"'
    assert directions(before, after) == directions("", after) == [("tests.python", "other")]


def test_other_variables_than_before_are_looser() -> None:
    before, after = '[tests]\nenvironment = ["A"]', '[tests]\nenvironment = ["B"]'
    assert directions(before, after) == [("tests.environment", "looser")]
