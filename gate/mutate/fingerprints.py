"""What code does, as a value to compare: all of its code object but lines and file names."""

from __future__ import annotations

import ast
from types import CodeType

# What a code object is made of, in 3.11 to 3.13, beyond its instructions and constants.
_PARTS = (
    "co_code",
    "co_exceptiontable",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_flags",
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_stacksize",
    "co_qualname",
)

Fingerprint = tuple[object, ...]


def fingerprint(code: str | ast.Module) -> Fingerprint | None:
    """Compile a module's code and describe it; None when it does not compile.

    Constants of different types differ: 1, 1.0 and True, 0.0 and -0.0.
    """
    try:
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        compiled = compile(code, "", "exec", flags, dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return _described(compiled)


def _described(code: CodeType) -> Fingerprint:
    parts = tuple(getattr(code, part) for part in _PARTS)
    return (*parts, tuple(_constant(value) for value in code.co_consts))


def _constant(value: object) -> object:
    match value:
        case CodeType():
            return _described(value)
        case tuple():
            return tuple(_constant(item) for item in value)
        case frozenset():
            return frozenset(_constant(item) for item in value)
        case float() | complex():
            return type(value), repr(value)  # tells 0.0 from -0.0
    return type(value), value
