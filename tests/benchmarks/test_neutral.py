from __future__ import annotations

import random
from typing import Any

from builders import make_mutant
from neutral import Control, Heard, drawn, reactions, table


def group(name: str, tests: int) -> list[Control]:
    return [Control(name, make_mutant(), "switch", test) for test in range(tests)]


def make_heard(**fields: Any) -> Heard:
    defaults = {"subject": "small", "name": "m.py::f", "route": "switch", "test": "t::a"}
    return Heard(**{**defaults, "said": "passed", **fields})


def test_every_function_has_its_turn_before_any_has_a_second() -> None:
    taken = drawn(random.Random(1), [group("a", 9), group("b", 1), group("c", 9), []], 6)
    assert [each.name for each in taken] == ["a", "b", "c", "a", "c", "a"]
    assert len(set(taken)) == 6


def test_no_more_is_drawn_than_there_is_and_the_seed_decides() -> None:
    groups = [group("a", 9), group("b", 3)]
    assert len(drawn(random.Random(1), groups, 99)) == 12
    assert drawn(random.Random(1), groups, 5) == drawn(random.Random(1), groups, 5)
    assert drawn(random.Random(1), groups, 5) != drawn(random.Random(2), groups, 5)


def test_only_a_test_that_passes_on_the_original_reacts() -> None:
    heard = [
        make_heard(),
        make_heard(said="failed", original="failed", again="failed", test="t::b"),
        make_heard(said="failed", original="passed", again="passed", test="t::c"),
        make_heard(said="not placed", name="m.py::g"),
    ]
    assert table(heard)[2:] == [
        "| small | switch | failed | failed | failed | 1 |",
        "| small | switch | failed | passed | passed | 1 |",
        "| small | switch | not placed | – | – | 1 |",
        "| small | switch | passed | – | – | 1 |",
    ]
    count, named = reactions(heard)[1:]
    assert count.startswith("4 neutral controls, 2 functions and modules, 3 tests: 1 failed though")
    assert named == "- t::c with m.py::f (switch); again: passed"
