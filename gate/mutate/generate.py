"""Source to mutants, without importing it: mutmut's operators say what, the rules here say where.

libcst is walked once. Mutants come in the order of the file.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Literal

import libcst as cst

from gate.model import Moment, Mutant, Unit
from gate.mutate.operators import UNTOUCHED_CALLS, changes
from gate.mutate.splices import Layout, Splice
from gate.mutate.text import Text, read_text
from gate.source.code import SourceError

_DUNDER = re.compile(r"__\w+__")
# libcst renders recursively, three calls for each level: a chain of 300 `+` would not fit.
_DEPTH = 20_000
_UNTOUCHED = (
    cst.Annotation,
    cst.TypeParameters,
    cst.TypeAlias,
    cst.Import,
    cst.ImportFrom,
    cst.Global,
    cst.Nonlocal,
)
_LAYOUT_FIELDS = {
    "lpar",
    "rpar",
    "comma",
    "semicolon",
    "leading_lines",
    "lines_after_decorators",
    "header",
    "footer",
}
Definition = cst.FunctionDef | cst.ClassDef


def generate(path: str, source: bytes) -> tuple[Mutant, ...]:
    """Give every mutant of a file; offsets count in its text as UTF-8 without byte order mark.

    A few do not compile (`case -1` becomes `case +1`): who runs them finds out. Raises SourceError
    for a file that is no Python.
    """
    text = read_text(path, source)
    _check_syntax(path, text)
    try:
        with _deep_recursion():
            layout = Layout(path, text)
            found = [found for found in _Walk(layout).mutations(layout.module)]
    except cst.ParserSyntaxError as error:
        raise SourceError(
            path, error.raw_line, f"libcst cannot parse it: {error.message}"
        ) from error
    except RecursionError as error:
        raise SourceError(path, None, "nested too deeply to be mutated") from error
    return tuple(_mutants(path, layout, found))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands: innermost function or class, and what it takes to compile it alone.

    `headers` and `indent` are those of the enclosing block, as long as no function is around.
    """

    name: str = ""
    scope: Literal["module", "class", "function"] = "module"
    headers: tuple[str, ...] = ()
    indent: str = ""
    moment: Moment = "import"
    unit: Unit | None = None
    parameter: str = ""
    default: cst.BaseExpression | None = None

    def qualified(self, name: str) -> str:
        """Give the qualified name of a function or class defined here."""
        if not self.name:
            return name
        return f"{self.name}{'.<locals>' if self.scope == 'function' else ''}.{name}"


@dataclass(frozen=True, slots=True)
class _Found:
    operator: str
    splice: Splice
    place: _Place


_Step = tuple[cst.CSTNode, _Place]


class _Walk:
    """One pass over the nodes that may be mutated, with an explicit stack."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def mutations(self, module: cst.Module) -> Iterator[_Found]:
        pending: list[_Step] = [(module, _Place())]
        while pending:
            node, place = pending.pop()
            if _is_untouched(node, place):
                continue
            yield from self._found(node, node, place)
            if isinstance(node, cst.Comparison):
                for target in node.comparisons:
                    yield from self._found(target, node, place)
                    yield from self._found(target.operator, node, place)
            pending += self._below(node, place)

    def _found(self, node: cst.CSTNode, frame: cst.CSTNode, place: _Place) -> Iterator[_Found]:
        for operator, changed in changes(node):
            yield _Found(operator, self._layout.splice(node, changed, frame), place)

    def _below(self, node: cst.CSTNode, place: _Place) -> Iterator[_Step]:
        match node:
            case cst.FunctionDef():
                yield from self._function(node, place)
            case cst.ClassDef():
                yield from self._class(node, place)
            case cst.Comparison():
                yield node.left, place
                yield from ((target.comparator, place) for target in node.comparisons)
            case cst.Param():
                yield from ((child, place) for child in (node.default,) if child)
            case cst.IndentedBlock() | cst.Match():
                inner = self._block(node, place, "if 1:")
                yield from ((child, inner) for child in _children(node))
            case _:
                yield from ((child, place) for child in _children(node))

    def _function(self, node: cst.FunctionDef, place: _Place) -> Iterator[_Step]:
        name = place.qualified(node.name.value)
        head = replace(place, name=name)
        inside = replace(head, scope="function")
        if place.unit is None:
            inside = replace(inside, moment="call", unit=self._unit(node, name, place))
        yield from ((decorator, head) for decorator in node.decorators)
        yield node.body, inside
        for parameter in _parameters(node.params):
            made = replace(inside, moment="default", parameter=parameter.name.value)
            made = replace(made, default=parameter.default)
            yield parameter, made if place.unit is None else inside

    def _class(self, node: cst.ClassDef, place: _Place) -> Iterator[_Step]:
        head = replace(place, name=place.qualified(node.name.value))
        yield from ((child, head) for child in (*node.decorators, *node.bases, *node.keywords))
        parameters = node.type_parameters
        written = self._layout.source(parameters) if parameters else ""
        inside = replace(head, scope="class")
        if isinstance(node.body, cst.IndentedBlock):
            inside = self._block(node.body, inside, f"class {node.name.value}{written}:")
        yield from ((child, inside) for child in _children(node.body))

    def _block(self, node: cst.IndentedBlock | cst.Match, place: _Place, header: str) -> _Place:
        """Go one level deeper; inside a function nobody asks for the headers."""
        if place.unit is not None:
            return place
        first = node.cases[0] if isinstance(node, cst.Match) else node
        indent = self._layout.text.indentation(self._layout.inner(first)[0])
        return replace(place, headers=(*place.headers, place.indent + header), indent=indent)

    def _unit(self, node: cst.FunctionDef, name: str, place: _Place) -> Unit:
        text = self._layout.text
        start, end = self._layout.inner(node)
        if node.decorators:
            start = self._layout.inner(node.decorators[0])[0]
        return Unit(name, text.line(start), text.line(end), place.headers)


def _check_syntax(path: str, text: Text) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an old escape in their code is not our business
            ast.parse(text.data.decode())
    except SyntaxError as error:
        raise SourceError(path, error.lineno, error.msg) from error
    except (RecursionError, MemoryError) as error:
        raise SourceError(path, None, "nested too deeply to be parsed") from error


@contextmanager
def _deep_recursion() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _is_untouched(node: cst.CSTNode, place: _Place) -> bool:
    """Say whether a node is left alone with all that is in it; docs/mutants.md gives the reasons."""
    match node:
        case cst.Call(func=cst.Name(value=name)):
            return name in UNTOUCHED_CALLS
        case cst.FunctionDef():
            return any(_is_overload(decorator.decorator) for decorator in node.decorators)
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()):
            return True
        case cst.Assign() | cst.AnnAssign() | cst.AugAssign() | cst.Expr() if _names(node):
            return any(_is_metadata(name, place) for name in _names(node))
    return isinstance(node, _UNTOUCHED)


def _is_overload(decorator: cst.BaseExpression) -> bool:
    match decorator:
        case cst.Name(value="overload") | cst.Attribute(attr=cst.Name(value="overload")):
            return True
    return False


def _names(node: cst.BaseSmallStatement) -> list[str]:
    """List the plain names that a statement assigns to, or whose method it calls."""
    targets: list[cst.BaseExpression] = []
    match node:
        case cst.Assign():
            targets = [target.target for target in node.targets]
        case cst.AnnAssign() | cst.AugAssign():
            targets = [node.target]
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=owner))):
            targets = [owner]
    return [target.value for target in targets if isinstance(target, cst.Name)]


def _is_metadata(name: str, place: _Place) -> bool:
    if place.scope == "class":
        return name == "__slots__"
    return place.scope == "module" and _DUNDER.fullmatch(name) is not None


def _parameters(parameters: cst.Parameters) -> Iterable[cst.Param]:
    return (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)


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
    names = (field.name for field in fields(kind))  # type: ignore[arg-type]  # all are dataclasses
    return tuple(n for n in names if "whitespace" not in n and n not in _LAYOUT_FIELDS)


def _mutants(path: str, layout: Layout, found: list[_Found]) -> Iterator[Mutant]:
    seen: Counter[tuple[str, ...]] = Counter()
    text = layout.text
    for each in sorted(found, key=lambda each: (each.splice.start, each.splice.end)):
        start, end, replacement = each.splice.start, each.splice.end, each.splice.replacement
        place, original = each.place, text.cut(start, end)
        identity = (path, place.name, each.operator, original, replacement)
        yield Mutant(
            id=_identifier(identity, seen[identity]),
            path=path,
            line=text.line(start),
            end_line=text.line(max(start, end - 1)),
            operator=each.operator,
            function=place.name,
            original=original,
            replacement=replacement,
            start=start,
            end=end,
            moment=place.moment,
            unit=place.unit,
            parameter=place.parameter,
            default=_mutated_default(layout, each),
        )
        seen[identity] += 1


def _identifier(identity: tuple[str, ...], occurrence: int) -> str:
    """Hash what a mutant is, not where it stands, so that edits elsewhere leave its id alone."""
    parts = "\0".join((*identity, str(occurrence)))
    return hashlib.sha256(parts.encode()).hexdigest()[:12]


def _mutated_default(layout: Layout, found: _Found) -> str:
    """Give the whole default as mutated, in parentheses where it is cut from within some."""
    if found.place.default is None:
        return ""
    start, end = layout.outer(found.place.default)
    text, splice = layout.text, found.splice
    whole = text.cut(start, splice.start) + splice.replacement + text.cut(splice.end, end)
    return f"({whole})" if "\n" in whole or "\r" in whole else whole
