from __future__ import annotations

import re
import time
import warnings
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from gate.model import Mutant
from gate.mutate.generate import generate
from gate.mutate.noise import mark_noise
from gate.policy.values import NOISE_RULES
from gate.source.code import SourceError


def marked(code: str, *rules: str) -> list[Mutant]:
    source = dedent(code).encode()
    return list(mark_noise(generate("m.py", source), source, rules or NOISE_RULES))


def noise(code: str, *rules: str) -> dict[str, str]:
    """Map each change that is noise to its rule."""
    return {
        f"{m.original} -> {m.replacement}": m.ignored.partition(":")[0]
        for m in marked(code, *rules)
        if m.ignored
    }


EVERY_RULE = """
import warnings
from typing import cast
def f(a, logger):
    while 1: a()
    g(a, a)
    logger.info("hello")
    warnings.warn("careful")
    if DEBUG: a(2)
    h(3)  # pragma: no mutate
    b = cast("B", a)
    raise ValueError("no")
class A:
    def __repr__(self): return 4
"""
EXAMPLES = {
    "equivalent": "1 -> 2",
    "duplicate": "g(a, a) -> g(a)",
    "log": '"hello" -> "HELLO"',
    "warning": '"careful" -> "CAREFUL"',
    "message": '"no" -> "NO"',
    "repr": "4 -> 5",
    "debug": "2 -> 3",
    "typing": '"B" -> "b"',
    "pragma": "3 -> 4",
}


def test_each_rule_has_its_mutants_its_reason_and_its_entry_on_the_page() -> None:
    found = noise(EVERY_RULE)
    assert {change: found[change] for change in EXAMPLES.values()} == {
        change: rule for rule, change in EXAMPLES.items()
    }
    assert set(EXAMPLES) == set(NOISE_RULES)
    page = (Path(__file__).resolve().parents[3] / "docs/mutants.md").read_text(encoding="utf-8")
    assert re.findall(r"^### `(.*)`$", page, re.MULTILINE) == list(NOISE_RULES)


def test_each_reason_is_a_sentence_about_the_mutant() -> None:
    reasons = {m.ignored for m in marked(EVERY_RULE) if not m.ignored.startswith("duplicate: ")}
    assert reasons == {
        "",
        "equivalent: compiles to the same code as the original",
        "log: changes only what is logged",
        "warning: changes only the text of a warning",
        "message: changes only the text of an exception, or of a command's help",
        "repr: inside `__repr__`",
        "debug: under `if DEBUG` on line 9",
        "typing: changes only what a type checker reads",
        "pragma: `# pragma: no mutate` on line 10",
    }


@pytest.mark.parametrize("rule", NOISE_RULES)
def test_a_rule_can_be_left_out_and_can_stand_alone(rule: str) -> None:
    others = [each for each in NOISE_RULES if each != rule]
    assert noise(EVERY_RULE, rule)[EXAMPLES[rule]] == rule
    assert set(noise(EVERY_RULE, rule).values()) == {rule}
    assert EXAMPLES[rule] not in noise(EVERY_RULE, *others)
    assert set(noise(EVERY_RULE, *others).values()) == set(others)


def test_without_rules_nothing_is_noise_and_nothing_else_of_a_mutant_changes() -> None:
    source = EVERY_RULE.encode()
    mutants = generate("m.py", source)
    assert mark_noise(mutants, source, ()) == mutants
    everything = mark_noise(mutants, source, NOISE_RULES)
    assert tuple(replace(mutant, ignored="") for mutant in everything) == mutants
    assert mark_noise((), source, NOISE_RULES) == ()


@pytest.mark.parametrize(
    "code",
    [
        "def f():\n    while 1:\n        f()",
        "def f():\n    for a in b:\n        if a: break",
        "def f():\n    1",
        "x = 1 << 0",
        "x = 1e300",
        "assert 1",
        "async def f():\n    while 1: await f()",
    ],
)
def test_a_mutant_that_compiles_to_the_same_is_equivalent(code: str) -> None:
    assert "equivalent" in noise(code).values()


@pytest.mark.parametrize(
    "code",
    [
        "if True: f()",
        "if 0: f()",
        "while 0: f()",
        "x = True",
        "x = 0 if a else 1",
        "x = -0.0",
        "def f():\n    for a in b:\n        if a: break\n    g()",
        "def f():\n    for a in b:\n        if a: continue\n        g()",
        "def f(a=1): pass",
        "f(a, b)",
        "x = 'a'",
        "class A(B, c=1): pass",
        "match a:\n    case 1: b\n    case 2: c",
        "x = not a",
    ],
)
def test_a_mutant_that_compiles_to_something_else_is_real(code: str) -> None:
    assert noise(code) == {}


def test_a_duplicate_names_the_first_of_its_kind_in_the_same_function() -> None:
    code = """
    def f(): return g(a, a, a)
    def h(): return g(a, a, a)
    """
    found = marked(code)
    drops = [m for m in found if m.replacement == "g(a, a)"]
    first, _, _, fourth, _, _ = drops
    assert [m.ignored for m in drops] == [
        "",
        *[f"duplicate: the same change as {first.id}"] * 2,
        "",
        *[f"duplicate: the same change as {fourth.id}"] * 2,
    ]


def test_the_first_of_its_kind_is_itself_real() -> None:
    code = """
    x = g(
        a,  # pragma: no mutate
        a,
        a)
    """
    calls = [m for m in marked(code) if m.operator == "argument"]
    drops = [m for m in calls if "None" not in m.replacement]
    assert [m.ignored.partition(":")[0] for m in drops] == ["pragma", "", "duplicate"]
    assert drops[2].ignored.endswith(drops[1].id)


def test_the_same_change_of_another_statement_is_no_duplicate() -> None:
    assert noise("def f():\n    g(1)\n    g(1)\n") == {}


def test_equivalent_mutants_are_not_also_duplicates_of_each_other() -> None:
    code = "def f():\n    while 2 or 3: g()\n"
    assert noise(code) == dict.fromkeys(("2 -> 3", "2 or 3 -> 2 and 3", "3 -> 4"), "equivalent")


def test_a_mutant_that_does_not_compile_is_no_noise() -> None:
    assert noise("match a:\n    case -1: b\n") == {}
    assert noise("def f():\n    x = [\n        a]\n    while a: break\n    b\n") == {}


def test_a_long_statement_is_compared_part_by_part() -> None:
    row = "    g(a, a), 1 << 0, h(1, 2),\n"
    table = f"TABLE = [\n{row * 500}]\n"
    started = time.process_time()
    found = marked(table)
    assert time.process_time() - started < 10
    assert len(found) == 13 * 500 + 1
    ignored = [m for m in found if m.ignored]
    assert len(ignored) == 2 * 500
    assert {(m.original, m.replacement) for m in ignored} == {
        ("g(a, a)", "g(a)"),
        ("1 << 0", "1 >> 0"),
    }
    assert not found[0].ignored
    assert {m.ignored for m in found if m.original.startswith("TABLE")} == {""}


@pytest.mark.parametrize("before", ["return", "x =", "yield", "await"])
def test_a_long_statement_may_await_and_yield(before: str) -> None:
    filling = (
        "    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',\n" * 40
    )
    code = f"async def f():\n  {before} [\n{filling}    g(a, a), await h(b, b)]\n"
    drops = [
        m
        for m in marked(code)
        if m.original in {"g(a, a)", "h(b, b)"} and "None" not in m.replacement
    ]
    assert [bool(m.ignored) for m in drops] == [False, True, False, True]


def test_where_in_a_file_a_statement_stands_does_not_matter() -> None:
    code = "def f():\n    log.info('a')\n    return 1 << 0\n"
    before = "'''\n" + "text\n" * 1_000 + "'''\n"
    found, later = marked(code), marked(before + code)
    assert [m.ignored for m in later] == [m.ignored for m in found]
    assert len({m.ignored.partition(":")[0] for m in found}) == 4


@pytest.mark.parametrize(("length", "long"), [(2_000, False), (2_001, True)])
def test_beyond_2000_bytes_a_statement_is_long(length: int, long: bool) -> None:
    start = "log.info('a', 1 << 0, "
    code = f"def f():\n    {start}{' ' * (length - len(start) - 1)})\n"
    log = "log" in noise(code).values()
    assert log is not long


def test_what_cannot_be_compared_alone_is_compared_with_its_whole_function() -> None:
    code = "def f():\n" + "    g()\n" * 1_000 + "    for a in b:\n        if a: break\n"
    assert noise(code) == {"break -> return": "equivalent"}


def test_wording_is_found_wherever_it_stands() -> None:
    code = """
    def f(self):
        if self.logger.info("a"): pass
        for x in y: raise A("b")
        return [self.log.debug("c", g("d")), "e"]
    """
    assert noise(code) == {
        **{f'"a" -> {new}': "log" for new in ('"XXaXX"', '"A"')},
        'self.logger.info("a") -> self.logger.info(None)': "log",
        **{f'"b" -> {new}': "message" for new in ('"XXbXX"', '"B"')},
        **{f'"c" -> {new}': "log" for new in ('"XXcXX"', '"C"')},
        'self.log.debug("c", g("d")) -> self.log.debug(None, g("d"))': "log",
        'self.log.debug("c", g("d")) -> self.log.debug(g("d"))': "log",
    }


def test_marking_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert marked("x = '\\d' is 1\nassert (a, 'b')\n")


def test_a_file_in_another_encoding_is_marked_at_the_right_places() -> None:
    source = "# coding: latin-1\nx = 'é'; logger.info('é'); y = 1 << 0\n".encode("latin-1")
    found = mark_noise(generate("m.py", source), source, NOISE_RULES)
    assert {m.original for m in found if m.ignored} == {"logger.info('é')", "'é'", "1 << 0", "0"}
    assert len([m for m in found if m.original == "'é'" and m.ignored]) == 2


def test_a_source_that_is_no_text_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"^m\.py: cannot be decoded"):
        mark_noise(generate("m.py", b"x = 1"), b"\xff", NOISE_RULES)
