"""One Python file as it is written: functions, statements and lines, by `ast`, never imported.

Statements are cut as coverage.py cuts them, at logical lines, so that line numbers agree with it.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import io
import re
import sys
import tokenize
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gate.errors import GateError
from gate.model import Function, SourceFile

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

# libcst and coverage.py call themselves up to three times for each level of a file.
_DEPTH = 20_000
LogicalLine = tuple[int, list[tokenize.TokenInfo]]

# A function with such a decorator says what others are to do.
_DECLARING = {"abstractmethod", "abstractproperty", "overload"}
_STEPS = {tokenize.INDENT: 1, tokenize.DEDENT: -1}
_TRIVIA = {tokenize.COMMENT, tokenize.NL, tokenize.ENDMARKER, *_STEPS}
_NEWLINE = re.compile(rb"\r\n|\r|\n")


class SourceError(GateError):
    """A Python file that cannot be read as Python; `line` is None when no line is to blame."""

    def __init__(self, path: str, line: int | None, reason: str) -> None:
        place = path if line is None else f"{path}:{line}"
        super().__init__(f"{place}: {reason}", f"Does `python -m py_compile {path}` accept it?")
        self.path = path
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Sources:
    """Files as the judge reads them, by path, and why the others cannot be read."""

    files: Mapping[str, SourceFile]
    unreadable: Mapping[str, str]


def read_sources(root: Path, paths: Iterable[str]) -> Sources:
    """Read files of the repository; one that cannot be parsed is a value with a reason."""
    files: dict[str, SourceFile] = {}
    unreadable: dict[str, str] = {}
    for path in paths:
        try:
            files[path] = read_source(root, path)
        except SourceError as error:
            unreadable[path] = error.reason if error.line is None else error.message
    return Sources(files, unreadable)


def edited(root: Path, sources: Sources) -> list[str]:
    """Name the files whose bytes are no longer those that were read."""
    return [path for path, file in sources.files.items() if _digest(root / path) != file.digest]


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def read_source(root: Path, path: str) -> SourceFile:
    """Read a file of the repository; its digest is the SHA-256 of its bytes.

    `owner` leaves out blank lines, comments and docstrings. A bare `else:` or `finally:` belongs
    to the line that decides it: the last `if` or `elif`, the loop, the `try`.
    Raises SourceError: missing, no Python, NUL bytes, wrong encoding cookie, nested too deeply.
    """
    try:
        data = (root / path).read_bytes()
    except OSError as error:
        raise SourceError(path, None, f"cannot be read: {error.strerror}") from error
    tree, logical_lines = _parse(path, data)
    owner = _owners(tree, logical_lines)
    return SourceFile(
        path=path,
        digest=hashlib.sha256(data).hexdigest(),
        functions=tuple(sorted(_functions(tree, owner), key=lambda function: function.line)),
        owner=owner,
    )


def count_lines(data: bytes) -> int:
    """Count lines as Python does: a lone carriage return ends one, a form feed does not."""
    unfinished = bool(data) and not data.endswith((b"\n", b"\r"))
    return len(_NEWLINE.findall(data)) + unfinished


def as_python_counts(data: bytes, lines: frozenset[int]) -> frozenset[int]:
    """Translate numbers of lines that end at line feeds alone into Python's numbers."""
    if not lines or data.count(b"\r") == data.count(b"\r\n"):
        return lines
    counted: set[int] = set()
    first = 1
    for number, text in enumerate(data.split(b"\n"), start=1):
        length = len(_NEWLINE.split(text.removesuffix(b"\r")))
        if number in lines:
            counted.update(range(first, first + length))
        first += length
    return frozenset(counted)


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Let readers that call themselves for each level of a file have many levels: a chain of 300 `elif`."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def parse(path: str, source: bytes | str) -> ast.Module:
    """Parse a file's bytes, decoded by their own cookie, or its text; nothing of it is run.

    Raises SourceError: no Python, NUL bytes, wrong encoding cookie, nested too deeply.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an old escape in their code is not our business
            return ast.parse(source)
    except SyntaxError as error:
        raise SourceError(path, error.lineno or _line_of_nul(source), error.msg) from error
    except ValueError as error:
        raise SourceError(path, _line_of_nul(source), str(error)) from error
    except (RecursionError, MemoryError) as error:
        raise SourceError(path, None, "nested too deeply to be parsed") from error


def _parse(path: str, data: bytes) -> tuple[ast.Module, list[LogicalLine]]:
    """Give the tree and the logical lines."""
    tree = parse(path, data)
    try:
        return tree, list(_logical_lines(importlib.util.decode_source(data)))
    except SyntaxError as error:
        raise SourceError(path, error.lineno or _line_of_nul(data), error.msg) from error
    except tokenize.TokenError as error:
        raise SourceError(path, error.args[1][0], error.args[0]) from error


def _line_of_nul(source: bytes | str) -> int | None:
    data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    before, nul, _ = data.partition(b"\0")
    return len(_NEWLINE.findall(before)) + 1 if nul else None


def _logical_lines(text: str) -> Iterator[LogicalLine]:
    """Give the depth of each logical line (0 for the module's) and its tokens but comments."""
    depth = 0
    tokens: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NEWLINE:
            if tokens:
                yield depth, tokens
            tokens = []
        elif token.type in _STEPS:
            depth += _STEPS[token.type]
        elif token.type not in _TRIVIA:
            tokens.append(token)


def _owners(tree: ast.Module, logical_lines: Iterable[LogicalLine]) -> dict[int, int]:
    docstrings = set(_docstring_lines(tree))
    owner: dict[int, int] = {}
    openers: dict[int, int] = {}
    for depth, tokens in logical_lines:
        first = tokens[0].start[0]
        if first in docstrings and all(token.type == tokenize.STRING for token in tokens):
            continue
        keyword = tokens[0].string
        decided_by = first
        if keyword not in {"except", "else", "finally"}:
            openers[depth] = first
        elif keyword != "except" and tokens[-1].string == ":":
            decided_by = openers[depth]
        owner.update((token.start[0], decided_by) for token in tokens)
        for token in tokens:
            if token.end[0] > token.start[0]:  # a string of several lines
                owner.update(dict.fromkeys(range(token.start[0], token.end[0] + 1), decided_by))
    return owner


def _docstring_lines(tree: ast.Module) -> Iterator[int]:
    for node in [tree, *_statements(tree.body, into_scopes=True)]:
        if isinstance(node, (ast.Module, *SCOPES)) and _has_docstring(node.body):
            yield node.body[0].lineno


def _has_docstring(body: Sequence[ast.stmt]) -> bool:
    first = body[0] if body else None
    return (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )


def _statements(body: Sequence[ast.stmt], *, into_scopes: bool) -> Iterator[ast.stmt]:
    """Walk statements without recursion: a chain of `elif` is as deep as it is long."""
    pending = list(body)
    while pending:
        node = pending.pop()
        yield node
        if into_scopes or not isinstance(node, SCOPES):
            pending.extend(_children(node))


def _children(node: ast.stmt) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from child.body


def _functions(tree: ast.Module, owner: dict[int, int]) -> Iterator[Function]:
    pending: list[tuple[ast.stmt, str, bool]] = [(node, "", False) for node in tree.body]
    while pending:
        node, prefix, declares = pending.pop()
        if isinstance(node, ast.ClassDef):
            prefix = f"{prefix}{node.name}."
            declares = any(_last_name(base) == "Protocol" for base in node.bases)
        elif isinstance(node, FunctionNode):
            yield _function(node, f"{prefix}{node.name}", owner, declares=declares)
            prefix, declares = f"{prefix}{node.name}.<locals>.", False
        pending.extend((child, prefix, declares) for child in _children(node))


def _function(
    node: FunctionNode, qualname: str, owner: dict[int, int], *, declares: bool
) -> Function:
    declares |= any(_last_name(each) in _DECLARING for each in node.decorator_list)
    body = {
        owner[statement.lineno]
        for statement in _statements(node.body, into_scopes=False)
        if _carries_code(statement)
    }
    if not any(_can_be_reached(statement, declares=declares) for statement in node.body):
        body = set()
    return Function(
        qualname=qualname,
        line=node.lineno,
        end_line=node.end_lineno or node.lineno,
        public=_is_public(qualname),
        body=frozenset(body),
    )


def _can_be_reached(statement: ast.stmt, *, declares: bool) -> bool:
    """Say whether a statement is more than a place for others to fill in, of what `declares` a function."""
    match statement:
        case ast.Pass():
            return not declares
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            return name != "NotImplementedError"
    return _carries_code(statement)


def _last_name(node: ast.expr) -> str:
    """Give `Protocol` of `typing.Protocol[T]`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return _last_name(value)
    return ""


def _carries_code(statement: ast.stmt) -> bool:
    """Say whether there is anything to execute: not in a docstring, `...`, `global x`, `x: int`."""
    match statement:
        case ast.Global() | ast.Nonlocal() | ast.Expr(value=ast.Constant()):
            return False
        case ast.AnnAssign(value=None):
            return False
    return True


def _is_public(qualname: str) -> bool:
    return all(
        part != "<locals>" and (not part.startswith("_") or _is_dunder(part))
        for part in qualname.split(".")
    )


def _is_dunder(name: str) -> bool:
    return len(name) > 4 and name.startswith("__") and name.endswith("__")


def bound_names(tree: ast.Module) -> dict[str, str]:
    """Map the names that imports bind, at any depth, to the dotted names of what they stand for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (f"{node.module}." if node.module else "")
            names |= {alias.asname or alias.name: f"{start}{alias.name}" for alias in node.names}
    return names


def full_name(node: ast.expr, names: Mapping[str, str]) -> str:
    """Write a name, or a chain of attributes, with what its first part stands for.

    Empty where it is neither; a chain that another expression begins has nothing before its first dot.
    """
    match node:
        case ast.Name(id=name):
            return names.get(name, name)
        case ast.Attribute(value=value, attr=attribute):
            return f"{full_name(value, names)}.{attribute}"
    return ""


def does_something(body: Iterable[ast.stmt]) -> bool:
    """Say whether a body holds more than `pass`, `...` and texts."""
    return not all(
        isinstance(each, ast.Pass)
        or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in body
    )
