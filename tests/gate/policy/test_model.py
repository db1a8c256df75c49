"""Policy text in, Policy or every mistake out; the committed policies, schema and page agree."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.errors import ExitCode, PolicyError
from gate.policy.globs import path_glob
from gate.policy.model import (
    Policy,
    built_in_policy,
    parse_policy,
    policy_keys,
    policy_named_in,
    policy_schema,
)
from gate.policy.search import load_policy, policy_in
from gate.policy.text import key_lines
from gate.policy.values import NOISE_RULES, parse_duration, parse_size

ROOT = Path(__file__).resolve().parents[3]
COMMITTED = sorted((ROOT / "policies").glob("*.toml"))
# Documents compare digests: another default is another policy, another order of keys must not be.
EMPTY = "48da0f5ac9d9c8028ea7e1feb21894b08a3e0b8be1c598b8c9074842f808d589"
VERDICT_PATH = ("gate/judge", "gate/measure", "gate/policy", "gate/results")
PAGE = (ROOT / "docs/policy.md").read_text(encoding="utf-8")
EXCLUSION = '[[tests.exclude]]\nreason = "hangs"\nowner = "me"\nexpires = 2027-03-31\n'


def parse(text: str) -> Policy:
    return parse_policy(text, "p.toml")


def mistakes(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse(text)
    assert caught.value.exit_code is ExitCode.USAGE
    assert "see docs/policy.md" in caught.value.hint
    return caught.value.message.splitlines()


def only_mistake(text: str) -> str:
    found = mistakes(text)
    assert len(found) == 1, found
    return found[0]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_policy_has_the_defaults_of_the_mission() -> None:
    policy = parse("")
    coverage, mutation = policy.coverage, policy.mutation
    assert (coverage.line, coverage.branch, coverage.function) == (80, 90, 100)
    assert (coverage.changed.line, coverage.changed.branch) == (80, 90)
    assert (mutation.core, mutation.score, mutation.changed.score) == ((), 70, 80)
    assert (policy.tests.timeout, policy.tests.memory) == (60.0, 4 * 1024**3)
    assert (policy.tests.output, policy.tests.order) == (64 * 1024**2, "probe")
    assert policy.source.include == policy.tests.paths == policy.tests.exclude == ()
    assert policy.path == mutation.waive == policy.tests.environment == ()
    assert (policy.isolation.require, policy.isolation.network) == ("basic", "off")
    percents = (*vars(coverage.changed).values(), mutation.score, mutation.changed.score)
    kinds = [coverage.line, coverage.branch, coverage.function]
    assert {type(each) for each in (*percents, *kinds)} == {Decimal}


def test_the_text_of_a_policy_is_kept_and_the_built_in_one_has_none() -> None:
    assert parse("coverage.line = 5 # five").text == "coverage.line = 5 # five"
    assert built_in_policy().text == ""


def test_a_policy_demands_a_level_of_isolation_and_hands_variables_to_the_tests() -> None:
    policy = parse(
        '[tests]\nenvironment = ["A_TOKEN"]\n[isolation]\nrequire = "full"\nnetwork = "on"\n'
    )
    assert (policy.isolation.require, policy.isolation.network) == ("full", "on")
    assert policy.tests.environment == ("A_TOKEN",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('isolation.require = "strict"', "isolation.require: found the text `strict`"),
        ("isolation.network = false", "isolation.network: found the boolean false"),
        ('tests.environment = ["A B"]', "tests.environment[0]: found the text `A B`"),
        ('tests.environment = ["*"]', "tests.environment[0]: found the text `*`"),
    ],
)
def test_a_wrong_level_or_name_is_told_with_what_is_accepted(text: str, words: str) -> None:
    assert words in only_mistake(text)


def test_a_full_policy_is_read_into_its_types() -> None:
    policy = parse(
        '[source]\ninclude = ["./src/", "a b.py"]\n'
        '[tests]\ntimeout = "1h30m"\nmemory = "512MiB"\noutput = "1KiB"\norder = "off"\n'
        + EXCLUSION
        + 'test = "tests/a.py::test_b[*]"\n'
        '[[mutation.waive]]\nmutant = "f00"\nreason = "log text"\nowner = "me"\n'
        "expires = 2026-01-02\n"
    )
    assert policy.source.include == ("src", "a b.py")
    assert (policy.tests.timeout, policy.tests.memory) == (5400.0, 512 * 1024**2)
    assert (policy.tests.output, policy.tests.order) == (1024, "off")
    (exclusion,) = policy.tests.exclude
    assert (exclusion.test, exclusion.marker) == ("tests/a.py::test_b[*]", None)
    assert (exclusion.owner, exclusion.expires) == ("me", date(2027, 3, 31))
    (waiver,) = policy.mutation.waive
    assert (waiver.mutant, waiver.expires) == ("f00", date(2026, 1, 2))


@pytest.mark.parametrize(
    ("written", "meant"),
    [("79.96", "79.96"), ("0", "0"), ("100.0", "100"), ("1e2", "100"), ("-0.0", "0")],
)
def test_a_threshold_is_the_decimal_that_was_written(written: str, meant: str) -> None:
    line = parse(f"coverage.line = {written}").coverage.line
    assert isinstance(line, Decimal)
    assert str(line) == meant


def test_the_digest_is_of_the_meaning_not_of_the_layout() -> None:
    digest = parse("").digest
    assert digest == EMPTY
    assert parse('# hello\ncoverage.line = 80.0\ntests.timeout = "1m"').digest == digest
    assert built_in_policy().digest == digest
    assert parse("coverage.line = 80.000001").digest != digest
    assert parse('mutation.core = ["a"]').digest != digest
    assert parse('path = [{match = "a", coverage.line = 80}]').digest != digest


def test_a_policy_cannot_be_changed_once_read() -> None:
    policy = parse("")
    with pytest.raises(ValueError, match="frozen"):
        policy.coverage.line = Decimal(1)  # type: ignore[misc]
    with pytest.raises(AttributeError):
        policy.origin = "elsewhere"  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        policy.isolation.network = "on"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("60s", 60), ("2m", 120), ("1h30m", 5400), ("1.5s", 1.5), ("1m1ms", 60.001)],
)
def test_a_duration_is_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "60", "s", "0s", "-1s", "1s1m", "1 s", "1d", "1e3s", "169h", "1s\n", "٣s", "nans"]
)
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        parse_duration(text)


def test_a_size_is_whole_bytes() -> None:
    assert parse_size("4GiB") == 4 * 1024**3
    assert parse_size("1.5KiB") == 1536
    assert parse_size("1024TiB") == 1024**5
    for text in ("", "4", "4GB", "0MiB", "-1MiB", "1 GiB", "1025TiB", "1GiB\n", "infGiB"):
        with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
            parse_size(text)


@pytest.fixture(autouse=True)
def no_glob_is_known_from_another_test() -> None:
    path_glob.cache_clear()


def test_a_bad_class_is_no_glob() -> None:
    with pytest.raises(ValueError, match=r"^\[z-a\]$"):
        path_glob("[z-a]")


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("training/*.py", "training/a.py", True),
        ("training/*.py", "training/deep/a.py", False),
        ("training/**", "training/deep/a.py", True),
        ("training/**", "training", False),
        ("src/**/a.py", "src/a.py", True),
        ("src/**/a.py", "src/x/y/a.py", True),
        ("src/**/a.py", "src/xa.py", False),
        ("**/a.py", "a.py", True),
        ("**/a.py", "ba.py", False),
        ("src**/a.py", "srcx/y/a.py", True),
        ("src**/a.py", "srca.py", False),
        ("a.py", "axpy", False),
        ("a.py", "x/a.py", False),
        ("A.py", "a.py", False),
        ("a?b", "a/b", False),
        ("a?b", "a\nb", True),
        ("a\nb", "a\nb", True),
        ("**", "a\nb/c", True),
        ("a?b", "aXb", True),
        ("[A-Z].py", "Q.py", True),
        ("[A].py", "A.py", True),
        ("[!A].py", "b.py", True),
        ("[!A].py", "X.py", True),
        ("[ab].py", "X.py", False),
        ("[ab].py", "b.py", True),
        ("[!ab].py", "b.py", False),
        ("a[!x]b", "a/b", False),
        ("a[.-0]b", "a/b", False),
        ("a[]", "a[]", True),
        ("a[^&&]", "a^", True),
        ("a[^&&]", "aX", False),
        ("a[!]]", "a!", False),
    ],
)
def test_only_two_stars_cross_a_folder(glob: str, path: str, matches: bool) -> None:
    assert (path_glob(glob).fullmatch(path) is not None) is matches


def test_the_last_matching_rule_wins_key_by_key() -> None:
    policy = parse(
        '[[path]]\nmatch = "t/**"\ncoverage.line = 85\ncoverage.branch = 92\nmutation.score = 75\n'
        '[[path]]\nmatch = "t/losses.py"\ncoverage.line = 60\n'
        '[[path]]\nmatch = "elsewhere/**"\ncoverage.line = 1\n'
    )
    losses, other, outside = map(policy.thresholds_for, ("t/losses.py", "t/other.py", "x.py"))
    assert (losses.line, losses.branch, losses.function, losses.score) == (60, 92, 100, 75)
    assert (other.line, other.branch, other.function, other.score) == (85, 92, 100, 75)
    assert (outside.line, outside.branch, outside.function, outside.score) == (80, 90, 100, 70)


def test_a_rule_can_ask_for_nothing_with_zero() -> None:
    policy = parse('[[path]]\nmatch = "a.py"\ncoverage.line = 0\n')
    assert policy.thresholds_for("a.py").line == 0


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("101", "the number `101`"),
        ("100.000001", "the number `100.000001`"),
        ("-1", "the number `-1`"),
        ("nan", "the number `NaN`"),
        ("inf", "the number `Infinity`"),
        ("-inf", "the number `-Infinity`"),
        ("1e99999999999999999999", "the number `Infinity`"),
        ("1e-7", "the number `1E-7`"),
        ("1e-999999999", "the number `1E-999999999`"),
        ("0x" + "f" * 9000, "a huge number"),
        ("true", "the boolean true"),
        ('"80"', "the text `80`"),
        ("[80]", "an array"),
        ("{ low = 80 }", "a table"),
        ("2027-03-31", "the date 2027-03-31"),
    ],
)
def test_a_threshold_is_nothing_but_a_percent(value: str, found: str) -> None:
    expected = f"p.toml:3: coverage.line: found {found}; accepted: a number from 0 to 100"
    assert only_mistake(f"\n[coverage]\nline = {value}").startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tests.timeout = 60", "tests.timeout: found the number `60`; accepted: a duration "),
        ('tests.timeout = "0s"', "tests.timeout: found the text `0s`; accepted: a duration "),
        ('tests.memory = "4GB"', "tests.memory: found the text `4GB`; accepted: a size above 0"),
        ('tests.order = "on"', 'tests.order: found the text `on`; accepted: "probe" or "off"'),
        ('tests.paths = "t"', 'tests.paths: found the text `t`; accepted: an array like ["a"]'),
        ("source.include = [5]", "source.include[0]: found the number `5`; accepted: a path "),
        (
            "tests = 5",
            "tests: found the number `5`; accepted: a table of paths, python, timeout, memory",
        ),
        ("path = [5]", "path[0]: found the number `5`; accepted: a table of match, coverage"),
        ("[tests.exclude]", "tests.exclude: found a table; accepted: tables headed [[tests."),
        ("[path]", "path: found a table; accepted: tables headed [[path]]"),
        ("[[path]]\ncoverage.line = 1", "path[0].match: found nothing; accepted: a glob on"),
        ('[[path]]\nmatch = "a"', "path[0].mutation: found no threshold; accepted: at least "),
        ("path = [{match = 'a', coverage = {}}]", "path[0].mutation: found no threshold; "),
    ],
)
def test_a_mistake_names_key_finding_and_accepted_values(text: str, expected: str) -> None:
    assert only_mistake(text).startswith(f"p.toml:1: {expected}")


@pytest.mark.parametrize("path", ["/a", "..", "a/../b", "", " ", r"a\\b", r"a\u0000", r"a\nb"])
def test_a_path_stays_inside_the_repository(path: str) -> None:
    for key in ("source.include", "tests.paths", "mutation.core"):
        assert f"{key}[1]: found the text" in only_mistake(f'{key} = ["ok", "{path}"]')


@pytest.mark.parametrize("glob", ["/a", "../a", "", "./a", "a/", ".", "a//b", "[z-a].py"])
def test_a_glob_that_can_match_no_file_is_a_mistake(glob: str) -> None:
    found = only_mistake(f'[[path]]\nmatch = "{glob}"\ncoverage.line = 1')
    assert found.startswith("p.toml:2: path[0].match: found the text")


def test_every_noise_rule_applies_until_the_policy_names_some() -> None:
    assert parse("").mutation.noise == NOISE_RULES
    assert parse("mutation.noise = []").mutation.noise == ()
    assert parse('mutation.noise = ["log"]').mutation.noise == ("log",)


def test_noise_rules_are_a_set_whatever_their_order() -> None:
    one = parse('mutation.noise = ["log", "equivalent"]')
    other = parse('mutation.noise = ["equivalent", "log", "log"]')
    assert one.mutation.noise == other.mutation.noise == ("equivalent", "log")
    assert one.digest == other.digest != parse("").digest


@pytest.mark.parametrize(
    ("value", "where", "found"),
    [
        ('["equivalent", "logs"]', "mutation.noise[1]", "found the text `logs`"),
        ("[1]", "mutation.noise[0]", "found the number `1`"),
    ],
)
def test_an_unknown_noise_rule_is_a_mistake_that_names_the_known_ones(
    value: str, where: str, found: str
) -> None:
    mistake = only_mistake(f"mutation.noise = {value}")
    assert mistake == f"p.toml:1: {where}: {found}; accepted: one of {', '.join(NOISE_RULES)}"


def test_noise_is_a_list() -> None:
    assert "accepted: an array" in only_mistake('mutation.noise = "log"')


def test_a_path_given_twice_is_a_mistake_at_its_second_place() -> None:
    found = only_mistake('source.include = [\n  "a",\n  "b",\n  "./a/",\n]')
    expected = "source.include[2]: found the text `./a/` a second time; accepted: each path once"
    assert found == f"p.toml:4: {expected}"


@pytest.mark.parametrize(
    ("chosen", "found"), [("", "neither"), ('test = "a"\nmarker = "b"\n', "both")]
)
def test_an_exclusion_has_either_a_test_or_a_marker(chosen: str, found: str) -> None:
    mistake = only_mistake(EXCLUSION + chosen)
    assert mistake.endswith(f"exclude[0].marker: found {found}; accepted: one of test and marker")


def test_a_wrong_test_is_one_mistake_and_not_also_a_missing_one() -> None:
    found = only_mistake(EXCLUSION + "test = 5")
    assert found.startswith("p.toml:5: tests.exclude[0].test: found the number `5`")


@pytest.mark.parametrize("key", ["reason", "owner", "expires"])
def test_an_exclusion_needs_reason_owner_and_expiry(key: str) -> None:
    text = "\n" + re.sub(rf"{key} = .*\n", "", EXCLUSION) + 'marker = "onnx"'
    assert only_mistake(text).startswith(f"p.toml:2: tests.exclude[0].{key}: found nothing;")


def test_a_blank_reason_is_none() -> None:
    text = EXCLUSION.replace('"hangs"', '" \\t"') + 'marker = "onnx"'
    assert "tests.exclude[0].reason: found the text" in only_mistake(text)


@pytest.mark.parametrize("value", ['"2027-03-31"', "2027-03-31T10:00:00", "10:00:00", "2027"])
def test_an_expiry_is_a_toml_date_and_nothing_like_it(value: str) -> None:
    text = EXCLUSION.replace("2027-03-31", value) + 'marker = "onnx"'
    expected = "accepted: a TOML date without quotes, such as 2027-03-31"
    assert only_mistake(text).endswith(expected)


@pytest.mark.parametrize(
    ("text", "key", "meant"),
    [
        ("[coverage]\nlines = 1", "coverage.lines", "line"),
        ("[coverage.changed]\nbrnach = 1", "coverage.changed.brnach", "branch"),
        ("[mutations]\nscore = 1", "mutations", "mutation"),
        ('\ntimeout = "60s"', "timeout", "tests.timeout"),
    ],
)
def test_an_unknown_key_suggests_the_nearest_known_one(text: str, key: str, meant: str) -> None:
    found = only_mistake(text)
    line = 1 if key == "mutations" else 2
    assert found.startswith(
        f"p.toml:{line}: {key}: found an unknown key (did you mean {meant}?); accepted: "
    )


def test_an_unknown_key_like_no_other_gets_the_list_alone() -> None:
    accepted = "source, tests, coverage, mutation, suppressions, isolation, path"
    assert only_mistake("xyz = 1") == f"p.toml:1: xyz: found an unknown key; accepted: {accepted}"


def test_all_mistakes_of_a_file_are_reported_together_in_the_order_of_its_lines() -> None:
    found = mistakes(
        '[mutation]\nscore = 101\ncore = ["a",\n "a", ".."]\n'
        '[coverage]\nline = "80"\nbranch = nan\nfunctoin = 1\n' + EXCLUSION + 'owner2 = ""\n'
    )
    places = [entry.split(": ")[:2] for entry in found]
    assert places == [
        ["p.toml:2", "mutation.score"],
        ["p.toml:4", "mutation.core[1]"],
        ["p.toml:4", "mutation.core[2]"],
        ["p.toml:6", "coverage.line"],
        ["p.toml:7", "coverage.branch"],
        ["p.toml:8", "coverage.functoin"],
        ["p.toml:9", "tests.exclude[0].marker"],
        ["p.toml:13", "tests.exclude[0].owner2"],
    ]


def test_a_key_that_is_missing_is_told_where_its_own_table_begins() -> None:
    whole = '[[tests.exclude]]\ntest = "a"\nreason = "r"\nowner = "o"\nexpires = 2027-01-01\n'
    lacking = whole.replace('reason = "r"\n', "")
    (found,) = mistakes(f"{whole}{lacking}")
    assert found.startswith("p.toml:6: tests.exclude[1].reason: ")


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        ("[coverage]\nline = 1\nline = 2\n", "3:9", "`line = 2` (Cannot overwrite a value)"),
        ("[a]\n[b]\n[a]\n", "3:3", "`[a]` (Cannot declare"),
        ("\nline 80\n", "2:6", "`line 80` ("),
        ("a = [1,\n", "2:1", "the end of the file ("),
        ("a = [1,\n234", "2:4", "`234` ("),
        ("a = [1,\n\n2", "3:2", "`2` ("),
        ("a = 2027-02-30", "1:5", "`a = 2027-02-30` (Invalid date"),
        ("a = 1\n\x00", "2:1", r"`\x00` ("),
        ("a = 'x\x1b[31m", "1:12", r"`a = 'x\x1b[31m` ("),
    ],
)
def test_text_that_is_not_toml_is_reported_with_line_and_column(
    text: str, where: str, found: str
) -> None:
    assert only_mistake(text).startswith(f"p.toml:{where}: not TOML, found {found}")


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        ("\ufeff[coverage]", "p.toml:1", "a byte order mark"),
        ("\na = '\udc80'", "p.toml:2", "text that is not UTF-8"),
        ("\na = " + "[" * 5000, "p.toml:2", "nested too deeply"),
        ("\na = " + "{a=" * 5000, "p.toml:2", "nested too deeply"),
        ("\n" + "a." * 100_000 + "a = 1", "p.toml:2", "nested too deeply"),
        ("\n\na = " + "9" * 5000, "p.toml:3", "too many digits"),
        ("#" * (1 << 20) + "\n", "p.toml:1", "1048577 characters"),
    ],
)
def test_text_that_would_choke_the_parser_is_refused(text: str, where: str, found: str) -> None:
    mistake = only_mistake(text)
    assert mistake.startswith(f"{where}: found ")
    assert found in mistake


@pytest.mark.parametrize(
    "text",
    [
        f"{'a.' * 64}a = 1",
        f"x = 1\n{'a.' * 64}a = 1",
        "".join(f"[a.b{n}]\n" for n in range(70)),
        f"a = {'[' * 64}{']' * 64}\nb = {'[' * 64}{']' * 64}",
    ],
)
def test_a_document_with_as_many_levels_as_are_accepted_is_read(text: str) -> None:
    assert not any("nested" in mistake for mistake in mistakes(text))


def test_a_mistake_prints_no_control_characters_and_no_endless_values() -> None:
    found = only_mistake('"\\u001b[31m\\u202e" = 1')
    assert found.isprintable()
    assert r"`\x1b[31m\u202e`" in found
    assert len(only_mistake(f'tests.order = "{"x" * 5000}"')) < 200


def test_keys_are_found_wherever_toml_lets_them_stand() -> None:
    text = (
        "# [coverage]\n"
        'a."b.c" . d = """\n'
        "[coverage]\nline = 5\n"
        '\\""" # still a string"""\n'
        "e = ['x', # ]\n"
        " '''\n]\nf = 1''', { g = [ 1,\n 2 ] } ]\r\n"
        "h = { i.j = 1979-05-27 07:32:00, k = 1.5 }\n"
        "[ l . 'm' ]\n"
        "n = 1\n"
        "[[o]]\n"
        "[[o.p]]\n"
        "[[o.p]]\n"
        "q = ''\n"
        "[[o]]\n"
        "p = 3\n"
        "[o.r]\n"
        "s = '#'\n"
    )
    tomllib.loads(text)
    assert key_lines(text) == {
        (): 1,
        ("a",): 2,
        ("a", "b.c"): 2,
        ("a", "b.c", "d"): 2,
        ("e",): 6,
        ("e", 0): 6,
        ("e", 1): 7,
        ("e", 2): 9,
        ("e", 2, "g"): 9,
        ("e", 2, "g", 0): 9,
        ("e", 2, "g", 1): 10,
        ("h",): 11,
        ("h", "i"): 11,
        ("h", "i", "j"): 11,
        ("h", "k"): 11,
        ("l",): 12,
        ("l", "m"): 12,
        ("l", "m", "n"): 13,
        ("o",): 14,
        ("o", 0): 14,
        ("o", 0, "p"): 15,
        ("o", 0, "p", 0): 15,
        ("o", 0, "p", 1): 16,
        ("o", 0, "p", 1, "q"): 17,
        ("o", 1): 18,
        ("o", 1, "p"): 19,
        ("o", 1, "r"): 20,
        ("o", 1, "r", "s"): 21,
    }


def test_no_key_deeper_than_eight_has_a_line() -> None:
    flat = key_lines("a.b.c.d.e.f.g.h.i.j = 1")
    assert max(flat, key=len) == tuple("abcdefgh")
    nested = key_lines("a = {b = {c = {d = {e = {f = {g = {h = {i = {j = 1}}}}}}}}}\nk = 2")
    assert (max(nested, key=len), nested["k",]) == (tuple("abcdefgh"), 2)
    items = key_lines(f"a = {'[' * 10}1{']' * 10}\nk = 2")
    assert (max(items, key=len), items["k",]) == (("a", *[0] * 7), 2)
    assert key_lines("[a.b.c.d.e.f.g.h.i]\nj = 1").keys() == {
        (),
        *(tuple("abcdefgh"[:n]) for n in range(1, 9)),
    }


MARKS = ["[", "]", "[[", "]]", "{", "}", ",", ".", "=", "#", '"', "'", '"""', "'''", "\\"]
SPACE = ["\n", "\r\n", " ", "\ufeff", "\x00"]
WORDS = ["a", '"a.b"', "'#'", "80", "nan", "2027-03-31", "line", "source", "tests.exclude"]
LINES = ["[coverage]\n", "coverage.line = 1\n", "[[path]]\n", "match = 'a'\n"]
PIECES = st.sampled_from([*MARKS, *SPACE, *WORDS, *LINES])


@settings(max_examples=400)
@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_no_text_makes_the_parser_fail_in_another_way(text: str) -> None:
    try:
        policy = parse(text)
    except PolicyError as error:
        entries = error.message.splitlines()
        assert entries
        assert all(re.match(r"p\.toml:[1-9][0-9]*:.*; accepted: ", entry) for entry in entries)
    else:
        assert parse(text) == policy


KEYS = st.sampled_from(["a", '"b.c"', "'d'", "e . f"])
PLAIN = ["1", "1.5", "'#'", '"]"', "2027-03-31 10:00:00"]
MULTILINE = ["'''\n[x]\ny = 1\n'''", '"""\\"""\nz = 2"""', '"""\n""""', "'''\n'''''"]
VALUES = st.recursive(
    st.sampled_from([*PLAIN, *MULTILINE]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ", # ]\n".join(items) + "\n]"),
        inner.map(lambda item: "{ k = " + item + ", m.n = 1 }"),
    ),
    max_leaves=6,
)
PAIRS = st.lists(st.tuples(KEYS, VALUES), max_size=4, unique_by=lambda pair: pair[0])
TABLES = st.lists(st.tuples(st.sampled_from(["[[t]]", "[[t.u]]", "[t.v]"]), PAIRS), max_size=5)


def key_paths(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    below = [key_paths(v, (*path, k)) for k, v in inner if isinstance(v, dict | list)]
    keys = value if isinstance(value, dict) else range(len(value))
    return {path, *((*path, key) for key in keys)}.union(*below)


@settings(max_examples=200)
@given(PAIRS, TABLES)
def test_every_key_of_every_document_has_a_line_and_nothing_else_has(
    pairs: list[tuple[str, str]], tables: list[tuple[str, list[tuple[str, str]]]]
) -> None:
    blocks = [pairs, *(pairs for _, pairs in tables)]
    headers = ["", *(header for header, _ in tables)]
    text = "\n".join(
        "\n".join([header, *(f"{key} = {value}" for key, value in block)])
        for header, block in zip(headers, blocks, strict=True)
    )
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    shallow = {path for path in key_paths(document) if len(path) <= 8}
    assert {path for path in key_lines(text) if len(path) <= 8} == shallow


def test_the_file_named_on_the_command_line_comes_first(tmp_path: Path) -> None:
    named = write(tmp_path / "ci/strict.toml", "coverage.line = 99")
    write(tmp_path / "policies/default.toml", "coverage.line = 1")
    write(tmp_path / "pyproject.toml", '[tool.gate]\npolicy = "policies/default.toml"')
    policy = load_policy(tmp_path, named)
    assert (policy.coverage.line, policy.origin) == (99, "ci/strict.toml")


def test_the_file_that_pyproject_names_comes_second(tmp_path: Path) -> None:
    write(tmp_path / "ci/strict.toml", "coverage.line = 99")
    write(tmp_path / "policies/default.toml", "coverage.line = 1")
    write(tmp_path / "pyproject.toml", '[project]\n[tool.gate]\npolicy = "ci/strict.toml"')
    policy = load_policy(tmp_path, None)
    assert (policy.coverage.line, policy.origin) == (99, "ci/strict.toml")


@pytest.mark.parametrize("place", ["gate.toml", "policies/default.toml"])
@pytest.mark.parametrize("pyproject", [None, "", "[tool.ruff]\nx = 1", "[tool.gate]"])
def test_a_file_in_a_default_place_comes_third(
    tmp_path: Path, pyproject: str | None, place: str
) -> None:
    write(tmp_path / place, "coverage.line = 1")
    if pyproject is not None:
        write(tmp_path / "pyproject.toml", pyproject)
    policy = load_policy(tmp_path, None)
    assert (policy.coverage.line, policy.origin) == (1, place)
    assert policy.notes == ()


BOTH = {"gate.toml": "coverage.line = 1", "policies/default.toml": "coverage.line = 1"}


def test_two_policies_in_default_places_are_an_error_on_disk_and_in_a_commit(
    tmp_path: Path,
) -> None:
    for name, text in BOTH.items():
        write(tmp_path / name, text)
    for search in (lambda: load_policy(tmp_path), lambda: in_commit(BOTH)):
        with pytest.raises(PolicyError) as caught:
            search()
        assert caught.value.message == (
            "there are two policies, gate.toml and policies/default.toml, and a repository has one"
        )
        assert caught.value.hint == (
            "keep one of them: `git rm policies/default.toml`, or name the one that counts by "
            "`[tool.gate] policy` in pyproject.toml"
        )


def test_one_of_two_policies_that_is_named_counts(tmp_path: Path) -> None:
    named = {"pyproject.toml": '[tool.gate]\npolicy = "policies/default.toml"'}
    for name, text in {**BOTH, **named}.items():
        write(tmp_path / name, text)
    assert load_policy(tmp_path).origin == "policies/default.toml"
    assert in_commit({**BOTH, **named}).origin == "policies/default.toml"
    assert load_policy(tmp_path, tmp_path / "gate.toml").origin == "gate.toml"
    assert in_commit(BOTH, "gate.toml").origin == "gate.toml"


def test_without_any_file_the_built_in_defaults_judge_and_say_so(tmp_path: Path) -> None:
    policy = load_policy(tmp_path, None)
    assert (policy.origin, policy.digest) == ("built-in defaults", parse("").digest)
    assert policy.notes == (
        "no policy file was found (gate.toml or policies/default.toml): the built-in defaults judge",
    )


def in_commit(files: dict[str, str], explicit: str | None = None) -> Policy:
    return policy_in({path: text.encode() for path, text in files.items()}.get, explicit)


def test_a_commit_is_searched_in_the_same_order() -> None:
    files = {
        "ci/strict.toml": "coverage.line = 99",
        "policies/default.toml": "coverage.line = 1",
        "other.toml": "coverage.line = 50",
        "pyproject.toml": '[tool.gate]\npolicy = "other.toml"',
    }
    assert in_commit(files, "ci/strict.toml").origin == "ci/strict.toml"
    assert in_commit(files).coverage.line == 50
    without = {path: text for path, text in files.items() if path != "pyproject.toml"}
    assert in_commit(without).origin == "policies/default.toml"
    assert in_commit({"pyproject.toml": "[tool.ruff]\n"}).origin == "built-in defaults"


def test_a_commit_without_the_file_that_is_named_is_searched_on_with_a_note() -> None:
    found = in_commit({"policies/default.toml": "coverage.line = 1"}, "ci/new.toml")
    assert (found.coverage.line, found.origin) == (1, "policies/default.toml")
    assert found.notes == ("the base has no `ci/new.toml`, so the policy that it does have judges",)
    nothing = in_commit({}, "ci/new.toml")
    assert nothing.notes[1:] == (
        "no policy file is in the base (gate.toml or policies/default.toml): the built-in defaults judge",
    )


READABLE = "accepted: a readable TOML file"


def test_a_commit_whose_policy_names_what_it_has_not_is_an_error() -> None:
    pyproject = {"pyproject.toml": '[tool.gate]\npolicy = "gone.toml"'}
    with pytest.raises(PolicyError) as caught:
        in_commit({**pyproject, "policies/default.toml": ""})
    where = "pyproject.toml:2: tool.gate.policy: `gone.toml`"
    assert caught.value.message == f"{where}: found no such file; {READABLE}"
    assert caught.value.hint == (
        "name a file that can be read; see docs/policy.md for where a policy is looked for"
    )
    with pytest.raises(PolicyError, match=r"^policies/default\.toml:1: coverage\.lines"):
        in_commit({"policies/default.toml": "coverage.lines = 1"})


@pytest.mark.parametrize(
    ("files", "explicit", "named"),
    [
        ({"p.toml": b"\n\xff\n\n"}, "p.toml", "p.toml"),
        (
            {"p.toml": b"\n\xff", "pyproject.toml": b'[tool.gate]\npolicy = "p.toml"'},
            None,
            "p.toml",
        ),
        ({"pyproject.toml": b"\n\xff"}, None, "pyproject.toml"),
        ({"policies/default.toml": b"\n\xff"}, None, "policies/default.toml"),
    ],
)
def test_bytes_that_are_no_text_are_told_with_their_file_and_line(
    tmp_path: Path, files: dict[str, bytes], explicit: str | None, named: str
) -> None:
    expected = f"{named}:2: found the byte 0xff, which is not UTF-8; accepted: text saved as UTF-8"
    with pytest.raises(PolicyError) as caught:
        policy_in(files.get, explicit)
    assert caught.value.message == expected
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(PolicyError) as caught:
        load_policy(tmp_path, explicit and tmp_path / explicit)
    assert caught.value.message == expected


def test_a_policy_that_another_one_names_is_read_under_its_own_name(tmp_path: Path) -> None:
    files = {"pyproject.toml": '[tool.gate]\npolicy = "a/p.toml"', "a/p.toml": "coverage.line = 5"}
    for name, text in files.items():
        write(tmp_path / name, text)
    assert load_policy(tmp_path).origin == in_commit(files).origin == "a/p.toml"


@pytest.mark.parametrize("value", ["-1", "1.5", "true", '"1"', "1000001"])
def test_a_budget_is_a_whole_number(value: str) -> None:
    with pytest.raises(PolicyError, match="accepted: a whole number from 0 to 1,000,000"):
        parse(f"suppressions.new = {value}")
    assert parse("suppressions.new = 3").suppressions.new == 3
    assert parse("").suppressions.new == 0


def test_a_file_outside_the_repository_keeps_its_own_name(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.toml", "")
    (tmp_path / "repository").mkdir()
    assert load_policy(tmp_path / "repository", outside).origin == outside.as_posix()


def test_a_relative_file_is_named_from_the_root_wherever_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "deep/p.toml", "coverage.lines = 1")
    monkeypatch.chdir(tmp_path / "deep")
    with pytest.raises(PolicyError, match=r"^deep/p\.toml:1: coverage\.lines"):
        load_policy(tmp_path, Path("p.toml"))


def test_a_missing_file_never_falls_through_to_the_next(tmp_path: Path) -> None:
    write(tmp_path / "policies/default.toml", "")
    with pytest.raises(PolicyError, match=r"^`gone\.toml`: found no such file; ") as caught:
        load_policy(tmp_path, tmp_path / "gone.toml")
    assert "see docs/policy.md" in caught.value.hint
    write(tmp_path / "pyproject.toml", '\n[tool.gate]\npolicy = "gone.toml"')
    expected = r"^pyproject\.toml:3: tool\.gate\.policy: `gone\.toml`: found no such file; "
    with pytest.raises(PolicyError, match=expected):
        load_policy(tmp_path, None)


def test_a_dangling_link_in_the_default_place_is_no_reason_for_defaults(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/default.toml").symlink_to("gone.toml")
    with pytest.raises(PolicyError, match=r"^`policies/default\.toml`: found no such file"):
        load_policy(tmp_path, None)


def test_a_folder_or_a_pipe_is_no_policy(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    write(tmp_path / "file", "")
    for name, found in (
        ("policies", "a folder"),
        ("pipe", "something that is not a regular file"),
        ("gone", "no such file"),
        ("file/p.toml", "a file that cannot be read (Not a directory)"),
        ("nul\0.toml", "a file that cannot be read (embedded null byte)"),
    ):
        (tmp_path / "policies").mkdir(exist_ok=True)
        with pytest.raises(PolicyError) as caught:
            load_policy(tmp_path, tmp_path / name)
        assert caught.value.message.endswith(f"`: found {found}; {READABLE}")


def test_bytes_that_are_not_utf8_are_reported_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b"# ok\n# M\xfcller\n")
    with pytest.raises(PolicyError, match=r"^p\.toml:2: found the byte 0xfc, which is not UTF-8"):
        load_policy(tmp_path, tmp_path / "p.toml")


@pytest.mark.parametrize(
    ("pyproject", "expected"),
    [
        ("[tool.gate]\npolcy = 'a'", r"pyproject.toml:2: tool.gate.polcy: found an unknown key "),
        ("[tool.gate]\npolicy = 5", "pyproject.toml:2: tool.gate.policy: found the number `5`"),
        ("[tool.gate]\npolicy = '../a'", "pyproject.toml:2: tool.gate.policy: found the text"),
        (
            "[tool]\ngate = 5",
            "pyproject.toml:2: tool.gate: found the number `5`; accepted: a table",
        ),
        ("[tool.gate", "pyproject.toml:1:11: not TOML, found `[tool.gate`"),
    ],
)
def test_a_mistake_in_pyproject_is_reported_there(pyproject: str, expected: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy_named_in(pyproject)
    assert caught.value.message.startswith(expected)


@pytest.mark.parametrize("file", COMMITTED, ids=lambda file: file.name)
def test_the_committed_policies_are_valid_and_guard_what_is_there(file: Path) -> None:
    policy = load_policy(ROOT, file)
    assert policy.origin == f"policies/{file.name}"
    onnx = "tests/training/test_export_student.py::test_onnx_*"
    guarded: dict[tuple[str, ...], list[str]] = {("training",): [onnx], VERDICT_PATH: []}
    assert [each.test for each in policy.tests.exclude] == guarded[policy.source.include]
    named = [*policy.source.include, *policy.tests.paths, *policy.mutation.core]
    assert [path for path in named if not (ROOT / path).exists()] == []
    unused = [r.match for r in policy.path if not any(map(r.matches, source_files()))]
    assert unused == []


def source_files() -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in (ROOT / "training").rglob("*.py")]


def test_the_whole_way_to_the_verdict_is_core() -> None:
    assert load_policy(ROOT, ROOT / "policies/verdict.toml").mutation.core == VERDICT_PATH


def test_the_policy_of_make_gate_asks_no_less_than_the_default() -> None:
    default = load_policy(ROOT, ROOT / "policies/default.toml")
    training = load_policy(ROOT, ROOT / "policies/training.toml")
    for path in source_files():
        asked, least = training.thresholds_for(path), default.thresholds_for(path)
        for key in ("line", "branch", "function", "score"):
            assert getattr(asked, key) >= getattr(least, key), (path, key)
    assert training.thresholds_for("training/losses.py").line == 95
    assert training.tests == default.tests
    same_score = {"score": default.mutation.score}
    assert training.mutation.model_copy(update=same_score) == default.mutation


def test_the_committed_schema_is_the_one_that_the_module_prints() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "gate.policy"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    assert printed == (ROOT / "policies/policy.schema.json").read_bytes()
    assert json.loads(printed) == policy_schema()


def test_the_schema_is_draft_2020_12_and_without_null() -> None:
    schema = policy_schema()
    assert schema == json.loads((ROOT / "policies/policy.schema.json").read_bytes())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "null" not in json.dumps(schema)


def schema_accepts(text: str) -> bool:
    document = json.loads(json.dumps(tomllib.loads(text), default=str))
    validator = jsonschema.Draft202012Validator(
        policy_schema(), format_checker=jsonschema.FormatChecker()
    )
    return bool(validator.is_valid(document))


@pytest.mark.parametrize(
    "text",
    [
        "",
        *(file.read_text(encoding="utf-8") for file in COMMITTED),
        'tests.timeout = "1h30m"\ntests.memory = "1.5GiB"',
        'mutation.noise = ["pragma", "log"]',
        EXCLUSION + 'marker = "onnx"',
    ],
)
def test_the_schema_accepts_what_the_gate_accepts(text: str) -> None:
    parse(text)
    assert schema_accepts(text)


@pytest.mark.parametrize(
    "text",
    [
        "coverage.line = 101",
        "coverage.line = -1",
        'coverage.line = "80"',
        "coverage.lines = 80",
        "tests.timeout = 60",
        'tests.timeout = "0s"',
        'tests.timeout = "1s1m"',
        'tests.memory = "4GB"',
        'tests.order = "on"',
        'source.include = ["/a"]',
        'mutation.noise = ["logs"]',
        'mutation.noise = "log"',
        'source.include = ["a/../b"]',
        'source.include = ["a", "a"]',
        EXCLUSION,
        EXCLUSION + 'marker = "a"\ntest = "b"',
        EXCLUSION + 'marker = "a b"',
        EXCLUSION.replace('"hangs"', '" "') + 'marker = "a"',
        EXCLUSION.replace("2027-03-31", '"soon"') + 'marker = "a"',
        "[[path]]\ncoverage.line = 1",
    ],
)
def test_the_schema_refuses_what_the_gate_refuses(text: str) -> None:
    mistakes(text)
    assert not schema_accepts(text)


def test_every_field_and_default_is_on_the_page() -> None:
    rows = dict(re.findall(r"^\| `([a-z.]+)` \|(.*)$", PAGE, re.MULTILINE))
    tables = {"source", "tests", "coverage", "mutation", "suppressions", "isolation"}
    assert set(rows) | tables == set(policy_keys())
    for key, default in leaf_defaults(policy_schema()):
        assert f"`{json.dumps(default)}`" in rows[key], key


def leaf_defaults(
    schema: dict[str, Any], name: str = "", prefix: str = ""
) -> list[tuple[str, Any]]:
    node = schema["$defs"][name] if name else schema
    found = []
    for key, field in node["properties"].items():
        below = field.get("$ref", "").rpartition("/")[2]
        if below:
            found += leaf_defaults(schema, below, f"{prefix}{key}.")
        elif "default" in field and "$ref" not in field.get("items", {}):
            found.append((f"{prefix}{key}", field["default"]))
    return found


def test_the_examples_of_the_page_are_policies() -> None:
    examples = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    policies = [parse(example) for example in examples]
    assert len(policies) == 3
    losses = policies[-1].thresholds_for("training/losses.py")
    assert (losses.line, losses.branch) == (95, 92)


def test_the_mistakes_on_the_page_are_the_ones_that_the_gate_reports() -> None:
    (text,) = re.findall(r"^```toml invalid\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (shown,) = re.findall(r"^```text\n(gate\.toml:.*?)\n```", PAGE, re.MULTILINE | re.DOTALL)
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "gate.toml")
    assert caught.value.message == shown
