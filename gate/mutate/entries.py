"""Where a statement can be put into a function or a file: a raise at its entry, or one that does nothing.

No line that still runs gets another number. An edit that does nothing is more than the same text again: it
makes other code of the same meaning.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gate.model import Mutant
from gate.mutate.text import Splice, Text
from gate.source.code import parse

# No Exception, so that what is caught on purpose, or for want of anything better, does not catch it.
RAISE = "raise BaseException"
# True at every place, and no compiler folds it away: code after the raise is not dead.
ALWAYS = "None is None"
# Other instructions and a constant more; TorchScript and Numba can compile it, too.
NOTHING = "7919 == 7919"

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class _Span:
    """A function, the offset at which its body begins, and its end."""

    node: _Function
    start: int
    end: int


class Entries:
    """The functions of one file; raises SourceError for what is no Python."""

    def __init__(self, path: str, text: Text) -> None:
        self._text = text
        tree = parse(path, text.data.decode())
        self._module = tree
        nodes = (each for each in ast.walk(tree) if isinstance(each, _Function))
        self._spans = [_Span(each, self._start(each.body[0]), self._end(each)) for each in nodes]

    def function(self, mutant: Mutant) -> int | None:
        """Give the offset of the body of the innermost function whose body holds a mutant.

        That of a default is the outermost around it: the only one whose defaults are mutated as such.
        """
        span = self._span(mutant)
        return None if span is None else span.start

    def raising(self, mutant: Mutant) -> Splice:
        """Raise when the body of a mutant's function, which there must be, begins to run."""
        span = self._span(mutant)
        if span is None:
            raise AssertionError("only a function has an entry")
        body = _without_docstring(span.node.body)
        return self._raising_before(body) or _at(self._end(span.node.body[0]), f"; {RAISE}")

    def raising_at_import(self) -> Splice:
        """Raise when the file begins to run, as soon as the language lets it."""
        body = [each for each in _without_docstring(self._module.body) if not _is_future(each)]
        return self._raising_before(body) or _at(len(self._text.data), f"\n{RAISE}\n")

    def _raising_before(self, body: Sequence[ast.stmt]) -> Splice | None:
        """Raise before the first of some statements; None when there is none."""
        if not body:
            return None
        start = self._start(body[0])
        if self._begins_a_line(body[0], start):
            return _at(start, f"if {ALWAYS}: {RAISE}\n{self._text.indentation(start)}")
        return _at(start, f"{RAISE}; ")

    def unchanged(self, mutant: Mutant) -> Splice:
        """Put a statement that does nothing into a mutant's function, or at the end of its file."""
        if mutant.unit is None:
            return _at(len(self._text.data), f"\n{NOTHING}\n")
        span = self._span(mutant)
        if span is None:
            return _at(mutant.start, "")
        simple = next(_simple(_without_docstring(span.node.body)), None)
        return _at(mutant.start, "") if simple is None else _at(self._start(simple), f"{NOTHING}; ")

    def _span(self, mutant: Mutant) -> _Span | None:
        around = [each for each in self._spans if each.start <= mutant.start < each.end]
        if around:
            return max(around, key=lambda each: each.start)
        if mutant.unit is None:
            return None
        inside = [each for each in self._spans if mutant.start < each.start < each.end]
        return min(inside, key=lambda each: each.start, default=None)

    def _begins_a_line(self, statement: ast.stmt, start: int) -> bool:
        """Say whether another statement fits on a line before; a block of statements always leaves room."""
        first = self._text.offset(self._text.line(start))
        if start != first + len(self._text.indentation(start).encode()):
            return False
        continued = self._text.data[:first].rstrip(b"\r\n").endswith(b"\\")
        return hasattr(statement, "body") or isinstance(statement, ast.Match) or not continued

    def _start(self, statement: ast.stmt) -> int:
        """The offset of a statement; that of a decorated one is the `@`'s, the first on its line."""
        decorators = getattr(statement, "decorator_list", [])
        if decorators:
            first = self._text.offset(min(each.lineno for each in decorators))
            return first + len(self._text.indentation(first))
        return self._text.offset(statement.lineno, statement.col_offset)

    def _end(self, statement: ast.stmt) -> int:
        line, column = statement.end_lineno, statement.end_col_offset
        if line is None or column is None:
            raise AssertionError("what was parsed has an end")
        return self._text.offset(line, column)


def _at(offset: int, text: str) -> Splice:
    return Splice(offset, offset, text)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
    return body


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _simple(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the simple statements that belong to the function itself, as far as the first of each block."""
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                continue
            case ast.Match(cases=[first, *_]):
                yield from _simple(first.body)
            case _ if inner := getattr(statement, "body", None):
                yield from _simple(inner)
            case _:
                yield statement
