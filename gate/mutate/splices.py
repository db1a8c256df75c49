"""Turn "this node becomes that node" into bytes to replace, with all else as it was written.

Spans and rendering are libcst's. What a change keeps is cut from the file, never rendered again:
layout, comments and indentation stay.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import fields
from typing import Any

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper

from gate.mutate.text import Splice, Text
from gate.source.code import SourceError

_BLANKS = (b" ", b"\t", b"\f")
_EMPTY = cst.Module(())


class Layout:
    """Where each node of a parsed file stands in its text."""

    def __init__(self, path: str, text: Text) -> None:
        self.text = text
        self.module = cst.parse_module(text.data.decode())
        self._drift = _drift(path, text.data, self.module.code.encode())
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        self._spans: Any = wrapper.resolve(ByteSpanPositionProvider)

    def inner(self, node: cst.CSTNode) -> tuple[int, int]:
        """Give start and end of a node without its own parentheses."""
        span: CodeSpan = self._spans[node]
        start, end = span.start, span.start + span.length
        if not self._drift:
            return start, end
        # What is lost at the very start of a node stands before it, at its very end after it.
        from_start = bisect_right(self._drift, start, key=_position) - 1
        from_end = max(bisect_left(self._drift, end, key=_position) - 1, 0)
        return start + self._drift[from_start][1], end + self._drift[from_end][1]

    def outer(self, node: cst.CSTNode) -> tuple[int, int]:
        """Give start and end of a node with its own parentheses."""
        left, right = getattr(node, "lpar", ()), getattr(node, "rpar", ())
        start, end = self.inner(node)
        return (
            self.inner(left[0])[0] if left else start,
            self.inner(right[-1])[1] if right else end,
        )

    def source(self, node: cst.CSTNode) -> str:
        """Give a node as written, without its own parentheses."""
        return self.text.cut(*self.inner(node))

    def splice(self, old: cst.CSTNode, new: cst.CSTNode, frame: cst.CSTNode) -> Splice:
        """Say how the text of `frame`, which is `old` or around it, reads with `new` for `old`."""
        if isinstance(old, cst.Match):
            return self._without_case(old, new)
        start, end = self.inner(frame)
        edit = self._apart(self._edit(old, new))
        before, after = self.text.cut(start, edit.start), self.text.cut(edit.end, end)
        return Splice(start, end, before + edit.replacement + after)

    def _edit(self, old: cst.CSTNode, new: cst.CSTNode) -> Splice:
        """Find the smallest part that differs."""
        match old, new:
            case cst.Call(), cst.Call() if len(new.args) < len(old.args):
                return self._without_argument(old, new)
            case cst.AugAssign(), cst.Assign():
                return Splice(*self.inner(old.operator), "=")
            case cst.UnaryOperation(), _ if new is old.expression:
                return Splice(*self.inner(old.operator), "")
            case cst.IfExp(), cst.IfExp(test=cst.BooleanOperation(operator=word, right=literal)):
                test = f"({self.source(old.test)}) {_render(word)} {_render(literal)}"
                return Splice(*self.outer(old.test), test)
            case cst.BaseUnaryOp(), _:  # its span has the white space after it
                start, _ = self.inner(old)
                return Splice(start, start + 1, _render(new))
        return self._narrowed(old, new)

    def _narrowed(self, old: cst.CSTNode, new: cst.CSTNode) -> Splice:
        """Go down as long as two nodes differ in one part."""
        match _difference(old, new):
            case cst.CSTNode() as child, cst.CSTNode() as changed:
                return self._edit(child, changed)
            case str(), str() as value:
                return Splice(*self.inner(old), value)
        return Splice(*self.outer(old), _render(new))

    def _without_argument(self, old: cst.Call, new: cst.Call) -> Splice:
        """Cut an argument and the comma that it no longer needs."""
        gone = next(
            index
            for index, argument in enumerate(old.args)
            if index == len(new.args) or new.args[index] is not argument
        )
        if gone + 1 < len(old.args):
            return Splice(self.inner(old.args[gone])[0], self.inner(old.args[gone + 1])[0], "")
        end = self.inner(old.args[gone])[1]
        comma = old.args[gone].comma
        if isinstance(comma, cst.Comma):
            end = self.inner(comma.whitespace_before)[1] + len(",")
        return Splice(self.inner(old.args[gone - 1])[1], end, "")

    def _without_case(self, old: cst.Match, new: cst.CSTNode) -> Splice:
        """Cut the lines of the case that is gone."""
        kept = {id(case) for case in cst.ensure_type(new, cst.Match).cases}
        gone = next(case for case in old.cases if id(case) not in kept)
        start, end = self.inner(gone)
        text = self.text
        return Splice(text.offset(text.line(start)), text.offset(text.line(end) + 1), "")

    def _apart(self, edit: Splice) -> Splice:
        """Put a space where two words would become one: `return~x`, `a if(b)else c`."""
        data = self.text.data
        left, right = data[edit.start - 1 : edit.start], data[edit.end : edit.end + 1]
        replaced = edit.replacement.encode()
        before = _is_word(left) and _is_word(replaced[:1] or right)
        after = bool(replaced) and _is_word(replaced[-1:]) and _is_word(right)
        return Splice(edit.start, edit.end, " " * before + edit.replacement + " " * after)


def _drift(path: str, data: bytes, rendered: bytes) -> list[tuple[int, int]]:
    """Say from which offset on libcst's rendering is how far off; empty when it is exact.

    It forgets or invents a form feed before a line's code, and forgets a space after `except (A, B)`.
    """
    drift = [(0, 0)]
    position = index = 0
    while data != rendered and index < len(data):
        ours, theirs = data[index : index + 1], rendered[position : position + 1]
        if ours == theirs:
            index, position = index + 1, position + 1
        elif not (data[index:].strip() or rendered[position:].strip()):
            break  # how a file ends matters to no node
        elif theirs == b"\f":
            position += 1
            drift.append((position, index - position))
        elif ours in _BLANKS:
            index += 1
            drift.append((position, index - position))
        else:
            raise SourceError(path, None, "libcst does not reproduce it byte for byte")
    return drift if data != rendered else []


def _position(drift: tuple[int, int]) -> int:
    return drift[0]


def _difference(old: cst.CSTNode, new: cst.CSTNode) -> tuple[Any, Any] | None:
    """Give the one field, or item of a field, in which two nodes of a kind differ, if it is one."""
    if type(old) is not type(new):
        return None
    pairs = [
        pair
        for field in fields(old)
        for pair in _items(getattr(old, field.name), getattr(new, field.name))
        if pair[0] is not pair[1]
    ]
    if len(pairs) > 1:  # a deep change has made every node anew
        pairs = [pair for pair in pairs if not _equal(*pair)]
    return pairs[0] if len(pairs) == 1 else None


def _items(old: object, new: object) -> list[tuple[object, object]]:
    if isinstance(old, list | tuple) and isinstance(new, list | tuple) and len(old) == len(new):
        return list(zip(old, new, strict=True))
    return [(old, new)]


def _equal(old: object, new: object) -> bool:
    if isinstance(old, cst.CSTNode) and isinstance(new, cst.CSTNode):
        return old.deep_equals(new)
    return old == new


def _render(node: cst.CSTNode) -> str:
    return _EMPTY.code_for_node(node).strip()


def _is_word(character: bytes) -> bool:
    return character.isalnum() or character == b"_" or character >= b"\x80"
