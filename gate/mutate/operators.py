"""The one door onto mutmut's operators: into what a node of code may be changed.

They are no public API of mutmut: one minor version is pinned, and a contract test holds what is
relied on here. Importing them reads no configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import libcst as cst
from mutmut.mutation.file_mutation import NEVER_MUTATE_FUNCTION_CALLS
from mutmut.mutation.mutators import (
    mutation_operators,
    supported_symmetric_str_methods_swap,
    supported_unsymmetrical_str_methods_swap,
)

Change = Callable[[Any], Iterable[cst.CSTNode]]
Applies = Callable[[Any], bool]

# Words of our own, since reports and ids outlive the names of functions.
NAMES = {
    "operator_number": "number",
    "operator_string": "string",
    "operator_name": "name",
    "operator_assignment": "assign",
    "operator_augmented_assignment": "augassign",
    "operator_remove_unary_ops": "unary",
    "operator_dict_arguments": "dict-key",
    "operator_arg_removal": "argument",
    "operator_symmetric_string_methods_swap": "string-method",
    "operator_unsymmetrical_string_methods_swap": "split",
    "operator_lambda": "lambda",
    "operator_keywords": "keyword",
    "operator_swap_op": "swap",
    "operator_match": "match-case",
    "operator_if_exp": "ternary",
}
# Calls that mutmut leaves alone, with all that is in them.
UNTOUCHED_CALLS = frozenset(NEVER_MUTATE_FUNCTION_CALLS)

_KEYWORDS = (cst.Is, cst.IsNot, cst.In, cst.NotIn, cst.Break, cst.Continue)
_OPERATIONS = (
    cst.BinaryOperation,
    cst.UnaryOperation,
    cst.BooleanOperation,
    cst.ComparisonTarget,
    cst.AugAssign,
)
_METHODS = {method for method, _ in supported_symmetric_str_methods_swap}
_SPLITS = {method for method, _ in supported_unsymmetrical_str_methods_swap}


def changes(node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode]]:
    """Yield each change of this one node, not of what is in it: operator name and new node."""
    for name, applies, operator in _operators(type(node)):
        if applies(node):
            for changed in _changed(operator, node):
                yield name, changed


@cache
def _operators(kind: type[cst.CSTNode]) -> tuple[tuple[str, Applies, Change], ...]:
    named = (
        (NAMES.get(function.__name__, function.__name__), of, function)
        for of, function in mutation_operators
    )
    return tuple(
        (name, _APPLIES.get(name, _always), function)
        for name, of, function in named
        if issubclass(kind, of)
    )


def _changed(operator: Change, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    try:
        yield from operator(node)
    except (cst.CSTValidationError, ValueError):
        # Code that libcst refuses to build, such as `x if(y)else z` without its parentheses, or a
        # number too long to write in decimal: this operator has nothing to offer here.
        return


def _always(_: cst.CSTNode) -> bool:
    return True


def _is_operation(node: cst.CSTNode) -> bool:
    return isinstance(node, _OPERATIONS)


def _is_keyword(node: cst.CSTNode) -> bool:
    return isinstance(node, _KEYWORDS)


def _calls_dict(node: cst.Call) -> bool:
    return isinstance(node.func, cst.Name) and node.func.value == "dict"


def _calls_method(node: cst.Call) -> bool:
    return isinstance(node.func, cst.Attribute) and node.func.attr.value in _METHODS


def _calls_split(node: cst.Call) -> bool:
    return isinstance(node.func, cst.Attribute) and node.func.attr.value in _SPLITS


# mutmut offers each node to each operator; asking first spares two thirds of the time.
_APPLIES: dict[str, Applies] = {
    "keyword": _is_keyword,
    "swap": _is_operation,
    "dict-key": _calls_dict,
    "string-method": _calls_method,
    "split": _calls_split,
}
