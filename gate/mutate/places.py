"""Every node of a file that may be mutated, and where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from functools import cache

import libcst as cst

from gate.model import Moment, Unit
from gate.mutate.splices import Layout
from gate.mutate.untouched import Scope, computed, is_description, is_only_asked, is_untouched

_COMPILERS = {"jit", "njit", "script", "script_method", "vectorize", "guvectorize", "cfunc"}
_TRIVIA = {
    *("lpar", "rpar", "comma", "semicolon"),
    *("leading_lines", "lines_after_decorators", "header", "footer"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """The innermost function or class around a node, and what it takes to compile it alone.

    `headers` and `indent` are those of the enclosing block, as long as no function is around. `compiled`
    code is read by a compiler of its own when the function is made, so that is when it must be changed.
    """

    name: str = ""
    scope: Scope = "module"
    headers: tuple[str, ...] = ()
    indent: str = ""
    moment: Moment = "import"
    unit: Unit | None = None
    parameter: str = ""
    default: cst.BaseExpression | None = None
    compiled: bool = False

    def qualified(self, name: str) -> str:
        """Give the qualified name of a function or class defined here."""
        if not self.name:
            return name
        return f"{self.name}{'.<locals>' if self.scope == 'function' else ''}.{name}"


Step = tuple[cst.CSTNode, Place]


def places(layout: Layout, own: Collection[str] = ()) -> Iterator[Step]:
    """Yield nodes and their places, in no order; an explicit stack, so depth does not matter.

    `own` are the names that the file itself binds: its `len` is not that of Python.
    """
    pending: list[Step] = [(layout.module, Place())]
    while pending:
        node, place = pending.pop()
        if is_untouched(node, own):
            continue
        if is_description(node, place.scope):
            pending += ((each, place) for each in computed(node.children))
            continue
        if not is_only_asked(node, own):
            yield node, place
        pending += _below(layout, node, place)


def _below(layout: Layout, node: cst.CSTNode, place: Place) -> Iterator[Step]:
    match node:
        case cst.FunctionDef():
            yield from _function(layout, node, place)
        case cst.ClassDef():
            yield from _class(layout, node, place)
        case cst.Comparison():  # `< b` is no node of its own: it is shown with what it compares
            yield node.left, place
            yield from ((target.comparator, place) for target in node.comparisons)
        case cst.Param():  # not its name; its annotation belongs to the head of the function
            yield from ((child, place) for child in (node.default,) if child)
        case cst.AnnAssign():
            evaluated = [] if place.scope == "function" else [node.annotation]
            yield from ((child, place) for child in computed(evaluated))
            yield from ((child, place) for child in _children(node))
        case cst.IndentedBlock() | cst.Match():
            inner = _block(layout, node, place, "if 1:")
            yield from ((child, inner) for child in _children(node))
        case _:
            yield from ((child, place) for child in _children(node))


def _function(layout: Layout, node: cst.FunctionDef, place: Place) -> Iterator[Step]:
    head = replace(place, name=place.qualified(node.name.value))
    inside = replace(head, scope="function", compiled=place.compiled or _is_compiled(node))
    live = place.unit is None and not inside.compiled
    if live:
        inside = replace(inside, moment="call", unit=_unit(layout, node, head))
    yield from ((decorator, head) for decorator in node.decorators)
    yield from ((each, head) for each in computed(_annotations(node)))
    yield node.body, inside
    written = node.params
    for parameter in (*written.posonly_params, *written.params, *written.kwonly_params):
        made = replace(inside, moment="default", parameter=parameter.name.value)
        made = replace(made, default=parameter.default)
        yield parameter, made if live else inside


def _annotations(node: cst.FunctionDef) -> Iterator[cst.Annotation]:
    """Yield the annotations of the parameters, and that of what the function returns."""
    written = node.params
    plain = (*written.posonly_params, *written.params, *written.kwonly_params)
    stars = (each for each in (written.star_arg, written.star_kwarg) if isinstance(each, cst.Param))
    for each in (*plain, *stars):
        if each.annotation:
            yield each.annotation
    if node.returns:
        yield node.returns


def _is_compiled(node: cst.FunctionDef) -> bool:
    """Say whether a decorator such as `@torch.jit.script` or `@njit` takes the function's source or code."""
    return any(
        isinstance(part, cst.Name) and part.value in _COMPILERS
        for decorator in node.decorators
        for part in _dotted(decorator.decorator)
    )


def _dotted(node: cst.BaseExpression) -> Iterator[cst.CSTNode]:
    """Yield the names of `a.b.c` and `a.b.c(…)`."""
    while isinstance(node, cst.Call | cst.Attribute):
        if isinstance(node, cst.Attribute):
            yield node.attr
        node = node.func if isinstance(node, cst.Call) else node.value
    yield node


def _class(layout: Layout, node: cst.ClassDef, place: Place) -> Iterator[Step]:
    head = replace(place, name=place.qualified(node.name.value))
    yield from ((child, head) for child in (*node.decorators, *node.bases, *node.keywords))
    inside = replace(head, scope="class")
    if isinstance(node.body, cst.IndentedBlock):
        header = f"class {node.name.value}{_type_parameters(node)}:"
        inside = _block(layout, node.body, inside, header)
    yield from ((child, inside) for child in _children(node.body))


def _type_parameters(node: cst.ClassDef) -> str:
    """Write `[T, *U]`, the names that a method may refer to, on one line and without bounds."""
    if node.type_parameters is None:
        return ""
    stars = {cst.TypeVarTuple: "*", cst.ParamSpec: "**"}
    parameters = [each.param for each in node.type_parameters.params]
    names = (stars.get(type(each), "") + each.name.value for each in parameters)
    return f"[{', '.join(names)}]"


def _block(layout: Layout, node: cst.IndentedBlock | cst.Match, place: Place, head: str) -> Place:
    """Go one level deeper; inside a function nobody asks for the headers."""
    if place.unit is not None:
        return place
    first = node.cases[0] if isinstance(node, cst.Match) else node
    indent = layout.text.indentation(layout.inner(first)[0])
    return replace(place, headers=(*place.headers, place.indent + head), indent=indent)


def _unit(layout: Layout, node: cst.FunctionDef, head: Place) -> Unit:
    start, end = layout.inner(node)
    if node.decorators:
        start = layout.inner(node.decorators[0])[0]
    text = layout.text
    return Unit(head.name, text.line(start), text.line(end), head.headers)


def _children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, list | tuple):
            yield from value


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """Name the fields of a node that can hold code."""
    names = (field.name for field in fields(kind))
    return tuple(name for name in names if "whitespace" not in name and name not in _TRIVIA)
