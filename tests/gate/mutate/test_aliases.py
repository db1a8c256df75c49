from __future__ import annotations

import ast

import pytest

from gate.mutate.aliases import aliases
from gate.mutate.generate import generate
from gate.mutate.noise import mark_noise

HEAD = "from typing import Any, Callable, Literal, TypeAlias\nimport typing as t\n"
IN_A_FUNCTION = "\ndef f(x: _Writer) -> None: pass\n"


def names(source: str) -> list[str]:
    return [name for _, name in aliases(ast.parse(HEAD + source))]


@pytest.mark.parametrize(
    "source",
    [
        "_Writer: TypeAlias = int | str",
        "_Writer: t.TypeAlias = 'list[int]' | None",
        "_Writer: TypeAlias = dict[str, Any]",
        "_Writer = Callable[[str], None]" + IN_A_FUNCTION,
        "_Writer = tuple[int, ...]" + "\nasync def f(*x: list[_Writer]): pass\n",
        "_Writer = int" + "\ndef f(x) -> 'list[_Writer]': pass\n",
        "_Writer = int" + "\nclass C:\n    @property\n    def f(self) -> _Writer: pass\n",
    ],
)
def test_a_name_that_only_type_checkers_read_is_an_alias(source: str) -> None:
    assert names(source) == ["_Writer"]


@pytest.mark.parametrize(
    "source",
    [
        "Shape = int\ndef f(x: Shape): pass",
        "_Writer = int",
        "_Writer: TypeAlias = make()",
        "_Writer: TypeAlias = Literal['a', 'b']",
        "_Writer: TypeAlias = 'text'",
        "_Writer: TypeAlias = 3",
        "_Writer: TypeAlias = {'a': 1}",
        "_Writer: TypeAlias = list[make()]",
        "_Writer: TypeAlias = list[(a := int)]",
        "_Writer: Own = int",
        "_Writer: TypeAlias = int\nisinstance(x, _Writer)",
        "_Writer: TypeAlias = int\nclass C:\n    x: _Writer",
        "_Writer: TypeAlias = int\nclass C:\n    x: 'list[_Writer]'",
        "_Writer: TypeAlias = int\n@route\ndef f(x: _Writer): pass",
        "_Writer: TypeAlias = int\ndef f(x=_Writer): pass",
        "_Writer: TypeAlias = int\nclass C(_Writer): pass",
        "_Writer = int\n__all__ = ['_Writer']" + IN_A_FUNCTION,
        "def g():\n    _Writer: TypeAlias = int",
        "_rate = 0.5" + IN_A_FUNCTION.replace("_Writer", "_rate"),
    ],
)
def test_what_may_be_read_when_the_code_runs_is_none(source: str) -> None:
    assert names(source) == []


def test_all_mutants_of_an_alias_are_noise_and_its_neighbours_count() -> None:
    source = f"{HEAD}_Writer = Callable[[str], None]\nRATE = 3\n{IN_A_FUNCTION}"
    marked = mark_noise(generate("m.py", source.encode()), source.encode(), ("typing",))
    ignored = {mutant.line: mutant.ignored for mutant in marked}
    assert ignored[3] == "typing: `_Writer` names a type, for type checkers alone"
    assert ignored[4] == ""
