"""What the names of a file stand for, where that decides what is mutated and what is noise."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from gate.mutate.regions import last_name
from gate.source.code import bound_names

# The methods of argparse's parsers that give another one, or a group, which describes arguments too.
PARSER_MAKERS = frozenset(
    {"add_argument_group", "add_mutually_exclusive_group", "add_parser", "add_subparsers"}
)
_LOGGERS = {"log", "logger", "logging"}
# Types of what says whether or how something is logged, and of what may be anything.
_PLAIN_TYPES = {"Any", "bool", "float", "int", "object", "str"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one file: `origins` maps `warn` to `warnings.warn` after `from warnings import warn`.

    `own` are those that it binds itself, at any depth and as a parameter too, and `functions` those of its
    functions and methods. `others` are names of loggers that it gives to something else: `log = Ledger()`.
    `parsers` are names that it gives to parsers of argparse, and `no_parsers` those of anything else.
    """

    origins: dict[str, str]
    own: frozenset[str]
    functions: frozenset[str]
    others: frozenset[str]
    parsers: frozenset[str] = frozenset()
    no_parsers: frozenset[str] = frozenset()

    def full_name(self, node: ast.expr) -> str:
        """Give the dotted name of an expression, empty when it is not one."""
        match node:
            case ast.Name(id=name):
                return self.origins.get(name, name)
            case ast.Attribute(value=value, attr=attribute):
                owner = self.full_name(value)
                return f"{owner}.{attribute}" if owner else ""
        return ""

    def is_logger(self, name: str) -> bool:
        """Say whether something of such a name logs, and does nothing else: `_LOG`, `logger`."""
        return _plain(name) in _LOGGERS - self.others

    def imports(self, *libraries: str) -> bool:
        """Say whether the file imports one of these libraries, or something of it."""
        return any(origin.partition(".")[0] in libraries for origin in self.origins.values())


def read_names(tree: ast.Module) -> Names:
    """Collect the names of a file, wherever in it they stand."""
    nodes = list(ast.walk(tree))
    origins = bound_names(tree)
    functions = frozenset(node.name for node in nodes if isinstance(node, _FUNCTIONS))
    classes = {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    taken = {node.arg for node in nodes if isinstance(node, ast.arg)}
    others = {
        _plain(name)
        for node in nodes
        for name, given in _given(node)
        if _plain(name) in _LOGGERS and _is_no_logger(given, classes)
    }
    bound = [(name, _is_parser(given, origins)) for node in nodes for name, given in _given(node)]
    no_parsers = frozenset(name for name, made in bound if not made)
    return Names(
        origins=origins,
        own=functions | classes.keys() | stored | taken | origins.keys(),
        functions=functions,
        others=frozenset(others),
        parsers=frozenset(name for name, made in bound if made) - no_parsers,
        no_parsers=no_parsers,
    )


def _plain(name: str) -> str:
    return name.lower().strip("_")


def _given(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield the names that a node binds, each with what it stands for from then on, or with its type."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((last_name(target), value) for target in targets)
        case ast.AnnAssign(target=target, annotation=annotation, value=value):
            yield from ((last_name(target), each) for each in (annotation, value) if each)
        case ast.NamedExpr(target=target, value=value):
            yield target.id, value
        case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
            yield last_name(target), value
        case ast.arg(arg=name, annotation=ast.expr() as annotation):
            yield name, annotation
        case ast.FunctionDef(name=name, returns=ast.expr() as annotation):
            yield name, annotation
        case ast.ClassDef(name=name):
            yield name, node
        case _ if isinstance(node, _LOOPS):
            yield last_name(node.target), node.iter


def _is_parser(given: ast.AST, origins: dict[str, str]) -> bool:
    """Say whether something is a parser of argparse or one of its parts, or the type of one."""
    match given:
        case ast.Call(func=function):
            made = isinstance(function, ast.Attribute) and function.attr in PARSER_MAKERS
            return made or _is_parser(function, origins)
        case ast.Attribute(value=ast.Name(id=module)):
            return origins.get(module) == "argparse"
        case ast.Name(id=name):
            return origins.get(name, "").startswith("argparse.")
        case (
            ast.Tuple(elts=parts) | ast.List(elts=parts)
        ):  # `for each in (one_parser, another_parser)`
            return all(
                "parser" in last_name(part).lower() or _is_parser(part, origins) for part in parts
            )
    return isinstance(given, ast.Constant) and "ArgumentParser" in str(given.value)


def _is_no_logger(given: ast.AST, classes: dict[str, ast.ClassDef]) -> bool:
    """Say whether something is evidently none: no `log` is in its name, or a class of the file made it.

    A class of the file is one where a base is: `class Lines(logging.LoggerAdapter)`.
    """
    if isinstance(given, ast.Constant) and not isinstance(given.value, str):
        return False
    if last_name(given) in _PLAIN_TYPES:
        return False
    named = given.func if isinstance(given, ast.Call) else given
    kind = named if isinstance(named, ast.ClassDef) else classes.get(last_name(named))
    told = [ast.unparse(base) for base in kind.bases] if kind else [ast.unparse(named)]
    return not any("log" in each.lower() for each in told)
