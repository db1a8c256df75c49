"""Stretches of a file in which every mutant is noise, by what stands around them.

But for those of a pragma that holds only as long as nothing runs there: what runs can be wrong.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from gate.model import Mutant
from gate.mutate.aliases import aliases
from gate.mutate.pragmas import pragma_lines
from gate.mutate.text import Text

REGIONS = ("pragma", "typing", "debug", "repr")
# How the reasons begin that hold only where nothing runs.
_IDLE = ("typing: under ", "debug: ", "repr: ")


@dataclass(frozen=True, slots=True)
class _Region:
    start: int
    end: int
    rule: str
    reason: str


class Regions:
    """The regions of one file."""

    def __init__(self, text: Text, tree: ast.Module, rules: Collection[str]) -> None:
        self._text = text
        self._rules = rules
        self._pragmas = pragma_lines(text) if "pragma" in rules else {}
        self._guarded = [region for region in _guarded(text, tree) if region.rule in rules]

    def pragma(self, mutant: Mutant) -> str:
        """Say which pragma covers a mutant, as `rule: reason`; empty when none does."""
        for line in self._lines(mutant) if self._pragmas else ():
            if line in self._pragmas:
                return f"pragma: `# pragma: no mutate` on line {self._pragmas[line]}"
        return ""

    def idle(self, mutant: Mutant) -> str:
        """Say under which other rule it falls and why; but for names of types, as long as nothing runs it."""
        for region in self._guarded:
            if region.start <= mutant.start and mutant.end <= region.end:
                return f"{region.rule}: {region.reason}"
        if "repr" in self._rules and "__repr__" in mutant.function.split("."):
            return "repr: inside `__repr__`"
        return ""

    def _lines(self, mutant: Mutant) -> list[int]:
        """Give the line on which the mutated node begins, and those that the change touches."""
        original, replacement = mutant.original, mutant.replacement
        head = _alike(original, replacement)
        tail = _alike(original[head:][::-1], replacement[head:][::-1])
        start = mutant.start + len(original[:head].encode())
        end = mutant.end - len(original[len(original) - tail :].encode())
        first, last = self._text.line(start), self._text.line(max(start, end - 1))
        return [mutant.line, *range(first, last + 1)]


def unless_run(mutant: Mutant) -> Mutant:
    """Give a mutant that runs: as a real one, if it is noise only where nothing runs it."""
    return replace(mutant, ignored="") if mutant.ignored.startswith(_IDLE) else mutant


def _alike(one: str, other: str) -> int:
    """Count the characters with which both begin."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _guarded(text: Text, tree: ast.Module) -> Iterator[_Region]:
    for statement, name in aliases(tree):
        reason = f"`{name}` names a type, for type checkers alone"
        yield _Region(*_span(text, statement, statement), "typing", reason)
    for node in ast.walk(tree):
        if isinstance(node, ast.If):
            for rule, test in (("typing", _is_type_checking), ("debug", _is_debug)):
                if test(node.test):
                    condition = f"`if {ast.unparse(node.test)}`"
                    span = _span(text, node.body[0], node.body[-1])
                    yield _Region(*span, rule, f"under {condition} on line {node.lineno}")


def _span(text: Text, first: ast.stmt, last: ast.stmt) -> tuple[int, int]:
    start = text.offset(first.lineno, first.col_offset)
    return start, text.offset(last.end_lineno or last.lineno, last.end_col_offset or 0)


def _is_type_checking(test: ast.expr) -> bool:
    return last_name(test) == "TYPE_CHECKING"


def _is_debug(test: ast.expr) -> bool:
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            return any(_is_debug(value) for value in values)
        case ast.Call(func=ast.Attribute(attr="isEnabledFor")):
            return True
    return last_name(test) in {"__debug__", "DEBUG"}


def last_name(node: ast.AST) -> str:
    """Give the last name of `a.b.c`, or of a plain name; empty for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
