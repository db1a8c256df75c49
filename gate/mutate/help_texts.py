"""Calls that describe a command line to its users, by argparse, click or typer, and what is text in them."""

from __future__ import annotations

import ast

from gate.mutate.names import PARSER_MAKERS, Names

# What a user of a command line reads, by the keyword that it is given under.
KEYWORDS = frozenset(
    {"description", "epilog", "help", "metavar", "prog", "short_help", "title", "usage"}
)
_OF_PARSERS = PARSER_MAKERS | {"add_argument"}
_LIBRARIES = {
    "argparse": frozenset({"ArgumentParser"}),
    "click": frozenset(
        {"Argument", "Command", "Group", "Option", "argument", "command", "group", "option"}
    ),
    "typer": frozenset({"Argument", "Option", "Typer"}),
}
# Of a group of click, or an application of typer.
_COMMANDS = frozenset({"callback", "command", "group"})


def is_help(call: ast.Call, names: Names) -> bool:
    """Say whether a call describes a part of a command line.

    `parser.add_argument` is one by its name, where the file gives `parser` to nothing else and has no
    function of its own that is called so.
    """
    library, _, name = names.full_name(call.func).rpartition(".")
    if name in _LIBRARIES.get(library, ()):
        return True
    match call.func:
        case ast.Attribute(value=owner, attr=method) if method not in names.functions:
            if method in _OF_PARSERS:
                return _is_parser(owner, names)
            return method in _COMMANDS and names.imports("click", "typer")
    return False


def is_text(node: ast.expr) -> bool:
    """Say whether an expression is text, or nothing, in which names may stand, and computes nothing."""
    match node:
        case ast.Constant(value=value):
            return value is None or isinstance(value, str)
        case ast.JoinedStr(values=parts) | ast.Tuple(elts=parts):
            return all(map(is_text, parts))
        case ast.FormattedValue(value=value, format_spec=spec):
            return _is_name(value) and (spec is None or is_text(spec))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return is_text(left) and is_text(right)
        case ast.BinOp(left=left, op=ast.Mod(), right=right):
            return is_text(left) and (_is_name(right) or is_text(right))
    return _is_name(node)


def _is_parser(owner: ast.expr, names: Names) -> bool:
    match owner:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in names.parsers or (
                "parser" in name.lower() and name not in names.no_parsers
            )
        case ast.Call(func=ast.Attribute(attr=method)):
            return method in PARSER_MAKERS - names.functions
    return False


def _is_name(node: ast.expr) -> bool:
    match node:
        case ast.Name():
            return True
        case ast.Attribute(value=value):
            return _is_name(value)
    return False
