"""The code that is left alone, with all that is in it; docs/mutants.md gives the reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import libcst as cst

from gate.mutate.operators import UNTOUCHED_CALLS

Scope = Literal["module", "class", "function"]

# What describes a module to people and tools; another name of this form can hold anything.
_METADATA = re.compile(
    r"__(all|author|authors|build|copyright|credits|date|description|doc|docformat|email|license|maintainer"
    r"|revision|status|summary|title|uri|url|version|version_info)__"
)
_EFFECTS = (cst.NamedExpr, cst.Await, cst.Yield)
_OPERATIONS = (
    cst.BinaryOperation,
    cst.BooleanOperation,
    cst.Comparison,
    cst.IfExp,
    cst.UnaryOperation,
)
_KINDS = (
    cst.Annotation,
    cst.TypeParameters,
    cst.TypeAlias,
    cst.Import,
    cst.ImportFrom,
    cst.Global,
    cst.Nonlocal,
)


def is_untouched(node: cst.CSTNode, scope: Scope) -> bool:
    """Say whether a node that stands in such a scope is left alone."""
    match node:
        case cst.Call():
            return is_only_asked(node) and not any(map(_does_something, node.args))
        case cst.FunctionDef():
            overloaded = any(_is_overload(decorator.decorator) for decorator in node.decorators)
            return overloaded and _is_stub(node.body)
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()):
            return True
        case cst.BaseSmallStatement():
            named = any(_is_metadata(name, scope) for name in _names(node))
            return (named and not _holds(node, cst.Lambda)) or isinstance(node, _KINDS)
    return isinstance(node, _KINDS)


def is_only_asked(node: cst.CSTNode) -> bool:
    """Say whether a node is a call that itself is left alone, whatever its arguments do."""
    match node:
        case cst.Call(func=cst.Name(value=name)):
            return name in UNTOUCHED_CALLS
    return False


def _does_something(argument: cst.CSTNode) -> bool:
    """Say whether an argument has an effect, or hands what an operator gives to another call."""
    if _holds(argument, *_EFFECTS):
        return True
    calls = (each for each in _all_of(argument) if isinstance(each, cst.Call))
    return any(_holds(given, *_OPERATIONS) for call in calls for given in call.args)


def _holds(node: cst.CSTNode, *kinds: type[cst.CSTNode]) -> bool:
    return any(isinstance(each, kinds) for each in _all_of(node))


def _all_of(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += each.children


def _is_stub(body: cst.BaseSuite) -> bool:
    """Say whether a body holds `...`, `pass` and texts alone."""
    parts = (
        part
        for line in body.body
        for part in (line.body if isinstance(line, cst.SimpleStatementLine) else (line,))
    )
    return all(
        isinstance(each, cst.Pass)
        or (
            isinstance(each, cst.Expr)
            and isinstance(each.value, cst.Ellipsis | cst.SimpleString | cst.ConcatenatedString)
        )
        for each in parts
    )


def _is_overload(decorator: cst.BaseExpression) -> bool:
    match decorator:
        case cst.Name(value="overload") | cst.Attribute(attr=cst.Name(value="overload")):
            return True
    return False


def _names(node: cst.BaseSmallStatement) -> Iterator[str]:
    """Yield the plain names that a statement assigns to, or whose method it calls."""
    targets: list[cst.BaseExpression] = []
    match node:
        case cst.Assign():
            targets = [target.target for target in node.targets]
        case cst.AnnAssign() | cst.AugAssign():
            targets = [node.target]
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=owner))):
            targets = [owner]
    yield from (target.value for target in targets if isinstance(target, cst.Name))


def _is_metadata(name: str, scope: Scope) -> bool:
    if scope == "class":
        return name == "__slots__"
    return scope == "module" and _METADATA.fullmatch(name) is not None
