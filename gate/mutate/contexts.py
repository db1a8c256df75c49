"""The smallest piece of a file around a mutant that compiles alone, so that code can be compared.

It is one simple statement, or the header of a compound one with a call for its body. Only where
neither is enough (`break`, a `case` cut out) it is the whole function.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from gate.model import Mutant
from gate.mutate.text import Text

_CASE = re.compile(rb"^[ \t\f]*(?=case\b)", re.MULTILINE)
# With `pass` there, `if True:` and `if False:` would compile to the same nothing.
_BODY = "_()"
_FUNCTIONS = ("def _():\n", "async def _():\n")


@dataclass(frozen=True, slots=True)
class Context:
    """The bytes `start` to `end`, which compile after one of `befores` and before `after`."""

    start: int
    end: int
    befores: tuple[str, ...]
    after: str = ""

    def code(self, text: Text, before: str, mutant: Mutant | None = None) -> str:
        """Give the piece as written, or with the mutant in it, after one of `befores`."""
        if mutant is None:
            return before + text.cut(self.start, self.end) + self.after
        head, tail = text.cut(self.start, mutant.start), text.cut(mutant.end, self.end)
        return before + head + mutant.replacement + tail + self.after


class Contexts:
    """All pieces of one file, by place."""

    def __init__(self, text: Text, tree: ast.Module) -> None:
        self._text = text
        self._pieces = sorted(_pieces(text, tree), key=lambda piece: piece.start)
        self._starts = [piece.start for piece in self._pieces]
        self._top = [Context(*_span(text, node), befores=("",)) for node in tree.body]
        self._tops = [piece.start for piece in self._top]

    def around(self, mutant: Mutant) -> Context | None:
        """Give the piece that decides what the mutant compiles to, if there is one."""
        piece = self.piece(mutant)
        if piece and mutant.original not in {"break", "continue"}:
            return piece
        if mutant.unit is None:
            return _holding(mutant, self._top, self._tops)
        start = self._text.offset(mutant.unit.line)
        end = self._text.offset(mutant.unit.end_line + 1)
        return Context(start, end, ("".join(f"{each}\n" for each in mutant.unit.headers),))

    def piece(self, mutant: Mutant) -> Context | None:
        """Give the one statement or header that holds the whole mutant, if there is one."""
        return _holding(mutant, self._pieces, self._starts)


def _holding(mutant: Mutant, pieces: list[Context], starts: list[int]) -> Context | None:
    position = bisect_right(starts, mutant.start) - 1
    found = pieces[position] if position >= 0 else None
    return found if found and mutant.end <= found.end else None


def _pieces(text: Text, tree: ast.Module) -> Iterator[Context]:
    pending: list[ast.stmt | ast.ExceptHandler] = list(tree.body)
    while pending:
        node = pending.pop()
        match node:
            case ast.Match():
                yield _header(text, node, _first_case(text, node), f"case _: {_BODY}")
                yield from _cases(text, node)
                pending.extend(child for case in node.cases for child in case.body)
            case ast.Try() | ast.TryStar():
                pending.extend((*node.body, *node.handlers, *node.orelse, *node.finalbody))
            case ast.ExceptHandler():
                yield _handler(text, node)
                pending.extend(node.body)
            case ast.stmt() if body := getattr(node, "body", None):
                yield _header(text, node, _span(text, body[0])[0], _BODY)
                pending.extend((*body, *getattr(node, "orelse", ())))
            case ast.stmt():
                start, end = _span(text, node)
                yield Context(start, end, tuple(f"{function} " for function in _FUNCTIONS))


def _header(text: Text, node: ast.stmt, end: int, after: str) -> Context:
    start, _ = _span(text, node)
    indentation = text.indentation(start)
    if text.data.startswith(b"elif", start):
        start += len("el")
    functions = _FUNCTIONS if indentation else ("",)
    return Context(start, end, tuple(f"{each}{indentation}" for each in functions), after)


def _handler(text: Text, node: ast.ExceptHandler) -> Context:
    start, _ = _span(text, node)
    indentation = text.indentation(start)
    functions = _FUNCTIONS if indentation else ("",)
    guarded = f"{indentation}try:\n{indentation} pass\n{indentation}"
    end = _span(text, node.body[0])[0]
    return Context(start, end, tuple(f"{each}{guarded}" for each in functions), _BODY)


def _cases(text: Text, node: ast.Match) -> Iterator[Context]:
    start = _first_case(text, node)
    for case in node.cases:
        before = f"match _:\n{text.indentation(start)}"
        yield Context(start, _span(text, case.body[0])[0], (before,), _BODY)
        start = _next_case(text, _span(text, case.body[-1])[1])


def _first_case(text: Text, node: ast.Match) -> int:
    return _next_case(text, _span(text, node.subject)[1])


def _next_case(text: Text, after: int) -> int:
    # ast does not say where a case begins, only where its pattern does.
    found = _CASE.search(text.data, after)
    return found.end() if found else len(text.data)


def _span(text: Text, node: ast.stmt | ast.expr | ast.ExceptHandler) -> tuple[int, int]:
    """Give start and end of a node, its decorators included."""
    end = text.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    if not decorators:
        return text.offset(node.lineno, node.col_offset), end
    line = text.offset(decorators[0].lineno)
    return line + len(text.indentation(line)), end
