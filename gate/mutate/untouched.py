"""The code that is left alone, with all that is in it; docs/mutants.md gives the reasons."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Literal

import libcst as cst

from gate.mutate.operators import UNTOUCHED_CALLS

Scope = Literal["module", "class", "function"]

# What describes a module to people and tools; another name of this form can hold anything.
_METADATA = re.compile(
    r"(__)?(all|author|authors|build|copyright|credits|date|description|doc|docformat|email|license|maintainer"
    r"|revision|status|summary|title|uri|url|version|version_info)(?(1)__)"
)
_EFFECTS = (cst.NamedExpr, cst.Await, cst.Yield)
_COMPUTES = (cst.Call, cst.Lambda, *_EFFECTS)
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


def is_untouched(node: cst.CSTNode, own: Collection[str]) -> bool:
    """Say whether a node is left alone in a file that has these names of its own."""
    match node:
        case cst.Call():
            return is_only_asked(node, own) and not any(map(_does_something, node.args))
        case cst.FunctionDef():
            overloaded = any(_is_overload(decorator.decorator) for decorator in node.decorators)
            return overloaded and _is_stub(node.body)
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()):
            return True
    return isinstance(node, _KINDS)


def is_only_asked(node: cst.CSTNode, own: Collection[str]) -> bool:
    """Say whether a node is a call that itself is left alone, whatever its arguments do."""
    match node:
        case cst.Call(func=cst.Name(value=name)):
            return name in UNTOUCHED_CALLS and name not in own
    return False


def is_description(node: cst.CSTNode, scope: Scope) -> bool:
    """Say whether a node is a statement that describes its module or class: `__version__ = "1"`.

    `__version__ = version = "1"` is one too; what gives the same to another name is none.
    """
    if not isinstance(node, cst.BaseSmallStatement):
        return False
    names = [each.value if isinstance(each, cst.Name) else "" for each in _given_to(node)]
    if scope == "class":
        return names == ["__slots__"]
    described = scope == "module" and any(each.startswith("__") for each in names)
    return described and all(map(_METADATA.fullmatch, names))


def computed(nodes: Iterable[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """Yield the outermost parts that compute something, though they stand where nothing should.

    `Field(gt=0)` in an annotation is one, and so is a lambda; `__all__.extend(…)` itself is none.
    """
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, _COMPUTES) and not _extends(node):
            yield node
        else:
            waiting += node.children


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


def _given_to(node: cst.BaseSmallStatement) -> list[cst.BaseExpression]:
    """Give what a statement assigns to, or whose method it calls."""
    match node:
        case cst.Assign():
            return [target.target for target in node.targets]
        case cst.AnnAssign() | cst.AugAssign():
            return [node.target]
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=owner))):
            return [owner]
    return []


def _extends(node: cst.CSTNode) -> bool:
    """Say whether a method of `__all__` is called."""
    match node:
        case cst.Call(func=cst.Attribute(value=cst.Name(value="__all__"))):
            return True
    return False
