"""The code that is left alone, with all that is in it; docs/mutants.md gives the reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import libcst as cst

from gate.mutate.operators import UNTOUCHED_CALLS

Scope = Literal["module", "class", "function"]

_DUNDER = re.compile(r"__\w+__")
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
        case cst.Call(func=cst.Name(value=name)):
            return name in UNTOUCHED_CALLS
        case cst.FunctionDef():
            return any(_is_overload(decorator.decorator) for decorator in node.decorators)
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()):
            return True
        case cst.BaseSmallStatement():
            named = any(_is_metadata(name, scope) for name in _names(node))
            return named or isinstance(node, _KINDS)
    return isinstance(node, _KINDS)


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
    return scope == "module" and _DUNDER.fullmatch(name) is not None
