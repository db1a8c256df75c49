"""Comments that ask not to mutate, with the meanings that mutmut 3.8 gives them.

Read from comment tokens: the same words inside a string are no pragma.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from gate.mutate.text import Text

_FORMS = {"block", "start", "end"}
_CLAUSES = {"elif", "else", "except", "finally"}
_NESTING = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_DEPTH = {tokenize.INDENT: 1, tokenize.DEDENT: -1}


def pragma_lines(text: Text) -> dict[int, int]:
    """Map each line that is not to be mutated to the line of the comment that says so.

    `# pragma: no mutate` at the end of a line is for the line on which its statement or header
    begins; between brackets it is for its own line. `no mutate block` there is for header and body,
    and on a line of its own for the rest of its block. `no mutate start` and `no mutate end`, on
    lines of their own, are for what is between; one without the other is for nothing.
    """
    if b"no mutate" not in text.data:
        return {}
    logical_lines, pragmas = _read(text.data.decode())
    covered: dict[int, int] = {}
    started = 0
    for pragma in pragmas:
        lines, said = _covered(pragma, logical_lines), pragma.line
        if pragma.place == "alone" and pragma.form == "start":
            started = pragma.line
        elif pragma.place == "alone" and pragma.form == "end" and started:
            lines, said, started = range(started, pragma.line + 1), started, 0
        for line in lines:
            covered.setdefault(line, said)
    return covered


@dataclass(frozen=True, slots=True)
class _Logical:
    """A logical line: its first and last line, how deep it is, and whether a block follows."""

    line: int
    end_line: int
    column: int
    depth: int
    word: str
    opens: bool


@dataclass(frozen=True, slots=True)
class _Pragma:
    """A comment; `at` is the index of the logical line that it ends, or that comes next."""

    line: int
    column: int
    form: str
    place: Literal["alone", "end", "inside"]
    at: int


def _read(text: str) -> tuple[list[_Logical], list[_Pragma]]:
    logical_lines: list[_Logical] = []
    pragmas: list[_Pragma] = []
    tokens: list[tokenize.TokenInfo] = []
    depth = nesting = 0
    for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
        depth += _DEPTH.get(token.type, 0)
        if token.type == tokenize.COMMENT:
            pragmas += _pragma(token, tokens, nesting, len(logical_lines))
        elif token.type == tokenize.NEWLINE and tokens:
            logical_lines.append(_logical(tokens, depth))
            tokens = []
        elif token.string.strip() and token.type not in _DEPTH:
            tokens.append(token)
            nesting += _NESTING.get(token.string, 0) if token.type == tokenize.OP else 0
    return logical_lines, pragmas


def _pragma(
    token: tokenize.TokenInfo, tokens: list[tokenize.TokenInfo], nesting: int, at: int
) -> Iterator[_Pragma]:
    form = _form(token.string)
    line, column = token.start
    if not form:
        return
    if not tokens:
        yield _Pragma(line, column, form, "alone", at)
    elif nesting == 0:
        yield _Pragma(line, column, form, "end", at)
    elif tokens[-1].end[0] == line:
        yield _Pragma(line, column, form, "inside", at)


def _form(comment: str) -> str:
    """Give "block", "start", "end", "bare", or nothing for a comment that is no pragma."""
    if "# pragma:" not in comment or "no mutate" not in comment:
        return ""
    words = comment.partition("no mutate")[2].strip().lstrip(": ").partition(",")[0].split()
    return words[0] if words and words[0] in _FORMS else "bare"


def _logical(tokens: list[tokenize.TokenInfo], depth: int) -> _Logical:
    first, last = tokens[0], tokens[-1]
    line, column = first.start
    return _Logical(line, last.end[0], column, depth, first.string, last.string == ":")


def _covered(pragma: _Pragma, logical_lines: list[_Logical]) -> Iterable[int]:
    here = logical_lines[pragma.at] if pragma.at < len(logical_lines) else None
    match pragma.place, pragma.form:
        case "inside", "bare":
            return (pragma.line,)
        case "end", form if here:
            block = form == "block" and here.opens
            return _block(logical_lines, pragma.at, here.depth + 1) if block else (here.line,)
        case "alone", "block" if here and pragma.column <= here.column and _starts(here):
            return _block(logical_lines, pragma.at, here.depth)
    return ()


def _starts(here: _Logical) -> bool:
    """Say whether a statement begins here, not a further clause of one."""
    return here.word not in _CLAUSES


def _block(logical_lines: list[_Logical], at: int, depth: int) -> range:
    """Give the lines from one logical line on, through all that follow at this depth or deeper."""
    last = logical_lines[at]
    for following in logical_lines[at + 1 :]:
        if following.depth < depth:
            break
        last = following
    return range(logical_lines[at].line, last.end_line + 1)
