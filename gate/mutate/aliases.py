"""Names of types that only type checkers read: `_Writer = Callable[[str], None]`, in annotations alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from gate.source.code import FunctionNode, bound_names, full_name

_WORD = re.compile(r"\w+")
_TYPING = ("typing.", "typing_extensions.")
# Decorators that leave a function's annotations unread.
_UNREADING = {
    *("abstractmethod", "cached_property", "classmethod", "final", "overload", "override"),
    *("property", "staticmethod"),
}


def aliases(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Yield the statements of a module that name a type which nothing but a type checker reads, and the name.

    The name is declared a `TypeAlias`, or private and met in annotations of functions, and is met nowhere
    else. Annotations of classes and decorated functions may be read when the code runs: they are elsewhere.
    """
    origins = bound_names(tree)
    named = [found for node in tree.body if (found := _named(node, origins)) is not None]
    if not named:
        return
    idle, used = _uses(tree)
    for node, name, declared in named:
        if name not in used and (declared or (name.startswith("_") and name in idle)):
            yield node, name


def _named(node: ast.stmt, origins: Mapping[str, str]) -> tuple[ast.stmt, str, bool] | None:
    """Give a statement that names what may be a type, the name, and whether it is declared to be one."""
    match node:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=ast.expr() as value):
            declared = full_name(kind, origins)
            if declared.startswith(_TYPING) and declared.endswith(".TypeAlias") and _is_type(value):
                return node, name, True
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_type(value):
            return node, name, False
    return None


def _is_type(node: ast.expr, *, within: bool = False) -> bool:
    """Say whether an expression has the form of a type; texts and values stand only in its brackets."""
    match node:
        case ast.Constant(value=value):
            return within and (value in (None, ...) or isinstance(value, str))
        case ast.Subscript(value=owner, slice=inner):
            return _is_type(owner) and not _is_literal(owner) and _is_type(inner, within=True)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _is_type(left, within=True) and _is_type(right, within=True)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return within and all(_is_type(part, within=True) for part in parts)
    return isinstance(node, ast.Name) or (
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    )


def _is_literal(owner: ast.expr) -> bool:
    """Say whether it is `Literal`, whose values a program often reads, or `Annotated`, which holds any."""
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    return name in {"Annotated", "Literal"}


def _uses(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Give the names that stand in annotations which nothing reads, and those that stand anywhere else."""
    idle: set[str] = set()
    used: set[str] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        unread = list(_unread(node))
        for annotation in unread:
            idle |= _names(annotation)
        match node:
            case ast.Name(id=name) if not isinstance(node.ctx, ast.Store):
                used.add(name)
            case ast.Constant(value=str(text)) if "\n" not in text:
                used.update(_WORD.findall(text))  # in `__all__`, looked up, or an annotation
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                used.update(names)
        waiting += [child for child in _children(node) if child not in unread]
    return idle, used


def _unread(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, FunctionNode) and all(map(_leaves_unread, node.decorator_list)):
        arguments = node.args
        listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        listed += [each for each in (arguments.vararg, arguments.kwarg) if each]
        found = [*(each.annotation for each in listed), node.returns]
        yield from (each for each in found if each is not None)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is in a node; arguments count as the function's own."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.arguments | ast.arg):
            yield from _children(child)
        else:
            yield child


def _leaves_unread(decorator: ast.expr) -> bool:
    match decorator:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _UNREADING or name == "setter"
    return False


def _names(annotation: ast.expr) -> set[str]:
    """Name all that an annotation mentions, in texts too."""
    found: set[str] = set()
    for node in ast.walk(annotation):
        match node:
            case ast.Name(id=name):
                found.add(name)
            case ast.Constant(value=str(text)):
                found.update(_WORD.findall(text))
    return found
