"""Code with the text in it struck out: two pieces that are equal then differ in their wording alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from gate.mutate.help_texts import KEYWORDS, is_help, is_text
from gate.mutate.names import Names

WORDING = ("typing", "log", "warning", "message")

_LOG_METHODS = {
    "critical",
    "debug",
    "error",
    "exception",
    "fatal",
    "info",
    "log",
    "warn",
    "warning",
}
_TYPE_MAKERS = {"TypeVar", "NewType", "ParamSpec", "TypeVarTuple"}
_TYPING = {"typing", "typing_extensions"}
_MESSAGE_KEYWORDS = {"message", "msg", "detail", "reason"}
# Called for their result and nothing else, so a log line without them is only a shorter line.
_PURE = {
    *("abs", "bool", "dict", "float", "format", "getattr", "hasattr", "hex", "id", "int"),
    *("isinstance", "len", "list", "max", "min", "repr", "round", "set", "sorted", "str", "sum"),
    *("tuple", "type", "vars"),
}
_PURE_METHODS = {
    *("copy", "count", "dim", "format", "get", "isoformat", "item", "items", "join", "keys"),
    *("lower", "max", "mean", "min", "numel", "perf_counter", "replace", "size", "split", "std"),
    *("strftime", "strip", "sum", "time", "title", "tolist", "total_seconds", "upper", "values"),
}


def wording_rules(tree: ast.AST, names: Names) -> tuple[str, ...]:
    """Name the rules under which something in this code is mere wording."""
    found = {rule for node in ast.walk(tree) for rule in _rules(node, names)}
    return tuple(rule for rule in WORDING if rule in found)


def struck_out(code: str, rule: str, names: Names) -> str:
    """Describe code without what one rule calls wording; raises SyntaxError."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if rule in _rules(node, names):
            _strike(node, rule, names)
    return ast.dump(tree)


def _rules(node: ast.AST, names: Names) -> Iterator[str]:
    match node:
        case ast.Call() if _is_log(node.func, names):
            yield "log"
        case ast.Call():
            module, _, name = names.full_name(node.func).rpartition(".")
            if module == "warnings" and name in {"warn", "warn_explicit"}:
                yield "warning"
            elif module in _TYPING and name in {"cast", *_TYPE_MAKERS}:
                yield "typing"
        case ast.Raise(exc=ast.Call()) | ast.Assert(msg=ast.expr()):
            yield "message"
    if isinstance(node, ast.Call) and is_help(node, names):
        yield "message"


def _is_log(function: ast.expr, names: Names) -> bool:
    """Accept a method of something called a logger: `log.info`, `self._logger.debug`, `logging.error`."""
    match function:
        case ast.Attribute(value=ast.Call(func=maker), attr=method):
            name = names.full_name(maker).rpartition(".")[2].lower().replace("_", "")
            return method in _LOG_METHODS and name == "getlogger"
    owner, _, method = names.full_name(function).rpartition(".")
    return method in _LOG_METHODS and names.is_logger(owner.rpartition(".")[2])


def _strike(node: ast.AST, rule: str, names: Names) -> None:
    match node:
        case ast.Raise(exc=ast.Call() as call):
            _strike_messages(call, call.args)
        case ast.Assert(msg=ast.expr() as text):
            node.msg = _without_text(text)
        case ast.Call() if rule == "log":
            _strike_log(node, names)
        case ast.Call() if rule == "message":
            _strike_help(node)
        case ast.Call() if rule == "warning":
            _strike_messages(node, node.args[:1])
        case ast.Call(args=[_, *rest]) if names.full_name(node.func).endswith(".cast"):
            node.args = [*_effects(node.args[:1], names), _GONE, *rest]
        case ast.Call() if not names.full_name(node.func).endswith(".cast"):
            node.args, node.keywords = list(_effects([*node.args, *node.keywords], names)), []


def _strike_log(call: ast.Call, names: Names) -> None:
    """Keep what has an effect of its own, and the level of `log(level, ...)`."""
    level = isinstance(call.func, ast.Attribute) and call.func.attr == "log"
    kept = call.args[:1] if level else []
    struck: list[ast.AST] = [*call.args[len(kept) :], *call.keywords]
    call.args = [*kept, *_effects(struck, names)]
    call.keywords = []


def _effects(nodes: Iterable[ast.AST], names: Names) -> Iterator[ast.expr]:
    """Yield the outermost expressions that may do more than give a value."""
    for node in nodes:
        if isinstance(node, ast.expr) and _has_effect(node, names):
            yield node
        else:
            yield from _effects(ast.iter_child_nodes(node), names)


def _has_effect(node: ast.expr, names: Names) -> bool:
    if isinstance(node, ast.Call):
        return not _is_pure(node.func, names)
    return isinstance(node, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr)


def _is_pure(function: ast.expr, names: Names) -> bool:
    """Accept the functions and methods above, unless the file has its own of that name."""
    match function:
        case ast.Name(id=name):
            return name in _PURE - names.own
        case ast.Attribute(attr=name):
            return name in _PURE_METHODS - names.functions
    return False


def _strike_help(call: ast.Call) -> None:
    """Take away what is text alone; of a text that computes, blank the literal parts."""
    call.keywords = [
        keyword
        for keyword in call.keywords
        if keyword.arg not in KEYWORDS or not is_text(keyword.value)
    ]
    for keyword in call.keywords:
        if keyword.arg in KEYWORDS:
            keyword.value = _without_text(keyword.value)


def _strike_messages(call: ast.Call, positional: list[ast.expr]) -> None:
    struck = [_without_text(argument) for argument in positional]
    call.args = [*struck, *call.args[len(struck) :]]
    for keyword in call.keywords:
        if keyword.arg in _MESSAGE_KEYWORDS:
            keyword.value = _without_text(keyword.value)


def _without_text(node: ast.expr) -> ast.expr:
    """Blank the literal text of a message, not the names or keys that fill it in."""
    match node:
        case ast.Constant(value=str()):
            return _GONE
        case ast.JoinedStr(values=values):
            node.values = [value for value in values if not isinstance(value, ast.Constant)]
        case ast.BinOp(op=ast.Add()):
            node.left, node.right = _without_text(node.left), _without_text(node.right)
        case ast.BinOp(op=ast.Mod()):
            node.left = _without_text(node.left)
        case ast.Call(func=ast.Attribute(value=text, attr="format" | "join") as method):
            method.value = _without_text(text)
        case ast.IfExp():
            node.body, node.orelse = _without_text(node.body), _without_text(node.orelse)
    return node


_GONE = ast.Constant(value="")
