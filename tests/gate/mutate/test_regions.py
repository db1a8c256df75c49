from __future__ import annotations

import ast
from dataclasses import replace
from textwrap import dedent

import pytest

from gate.mutate.generate import generate
from gate.mutate.regions import REGIONS, Regions, unless_run
from gate.mutate.text import read_text


def reasons(code: str, *rules: str) -> dict[str, str]:
    """Map each change that some region covers to the reason."""
    source = dedent(code).encode()
    text = read_text("m.py", source)
    regions = Regions(text, ast.parse(text.data.decode()), rules or REGIONS)
    found = {
        f"{m.original} -> {m.replacement}": regions.pragma(m) or regions.idle(m)
        for m in generate("m.py", source)
    }
    return {change: reason for change, reason in found.items() if reason}


def numbers(code: str, *rules: str) -> list[str]:
    return [
        change.partition(" ")[0]
        for change in reasons(code, *rules)
        if change.partition(" ")[0].isdigit()
    ]


@pytest.mark.parametrize(
    ("condition", "rule"),
    [
        ("TYPE_CHECKING", "typing"),
        ("typing.TYPE_CHECKING", "typing"),
        ("__debug__", "debug"),
        ("DEBUG", "debug"),
        ("settings.DEBUG", "debug"),
        ("logger.isEnabledFor(9)", "debug"),
        ("DEBUG and a", "debug"),
        ("a and (b and DEBUG)", "debug"),
    ],
)
def test_the_body_of_such_a_condition_is_noise(condition: str, rule: str) -> None:
    code = f"""
    if {condition}:
        x = 1
        if a: f(2)
    else: y = 3
    if a: y = 4
    elif {condition}:
        z = (5
             )
    """
    assert numbers(code) == ["1", "2", "5"]
    assert numbers(code, rule) == ["1", "2", "5"]
    assert numbers(code, *(set(REGIONS) - {rule})) == []
    assert reasons(code)["1 -> 2"] == f"{rule}: under `if {condition}` on line 2"
    assert reasons(code)["5 -> 6"] == f"{rule}: under `if {condition}` on line 7"


@pytest.mark.parametrize(
    "condition",
    ["not DEBUG", "DEBUG or a", "debug", "a.DEBUG.b", "isEnabledFor(9)", "not TYPE_CHECKING", "a"],
)
def test_the_body_of_another_condition_is_not(condition: str) -> None:
    assert numbers(f"if {condition}:\n  x = 1\nelse:\n  y = 2\n") == []


def test_the_condition_itself_and_what_is_around_it_are_real() -> None:
    code = """
    def f():
        if DEBUG and a == 1:
            b(2)
        match c:
            case 3: d
            case 4: e
    """
    assert list(reasons(code)) == ["b(2) -> b(None)", "2 -> 3"]


def test_everything_in_a_repr_is_noise() -> None:
    code = """
    class A:
        def __repr__(self, a=1):
            def f(): return 2
            return lambda: 3
        def __str__(self): return 4
        def __repr___(self): return 5
        class __repr__s: x = 6
    def g():
        class B:
            def __repr__(self): return 7
    """
    assert numbers(code) == ["1", "2", "3", "7"]
    assert numbers(code, "debug", "typing", "pragma") == []
    assert reasons(code)["7 -> 8"] == "repr: inside `__repr__`"


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        ("repr: inside `__repr__`", ""),
        ("debug: under `if DEBUG` on line 9", ""),
        ("typing: under `if TYPE_CHECKING` on line 3", ""),
        ("typing: changes only what a type checker reads", None),
        ("pragma: `# pragma: no mutate` on line 3", None),
        ("log: changes only what is logged", None),
        ("", None),
    ],
)
def test_what_runs_is_noise_by_its_place_no_longer(ignored: str, left: str | None) -> None:
    mutant = replace(generate("m.py", b"x = 1")[0], ignored=ignored)
    assert unless_run(mutant) == replace(mutant, ignored=ignored if left is None else left)


PRAGMAS = """\
x = f(1, [
    2,
], 3)  # pragma: no mutate
y = g(
    4,  # pragma: no mutate
    h(5,
      6),
    a and
    b,  # pragma: no mutate
    c and  # pragma: no mutate
    d,
)
match z:
    case 7:
        w = 8  # pragma: no mutate
    case 9: v
def k():  # pragma: no mutate block
    return 10
u = '''11 # pragma: no mutate''', 12
"""


def test_a_pragma_covers_what_begins_or_changes_on_its_lines() -> None:
    found = reasons(PRAGMAS)
    whole = PRAGMAS.splitlines()
    call = "\n".join(whole[3:12]).removeprefix("y = ")
    dropped = call.replace("4,  # pragma: no mutate\n    ", "")
    assert numbers(PRAGMAS) == ["1", "4", "8", "10"]
    assert f"{call} -> {dropped}" in found
    assert f"{call} -> {call.replace('4', 'None')}" in found
    other = call.replace("h(5,\n      6)", "None")
    assert f"{call} -> {other}" not in found
    assert "c and  # pragma: no mutate\n    d -> c or  # pragma: no mutate\n    d" in found
    assert "a and\n    b -> a or\n    b" not in found
    case = "    case 7:\n        w = 8  # pragma: no mutate\n"
    assert f"{case} -> " in found
    assert "    case 9: v\n -> " not in found


def test_each_pragma_is_named_with_its_line() -> None:
    found = reasons(PRAGMAS)
    assert found["1 -> 2"] == "pragma: `# pragma: no mutate` on line 3"
    assert found["10 -> 11"] == "pragma: `# pragma: no mutate` on line 17"
    assert reasons(PRAGMAS, "repr", "debug", "typing") == {}
