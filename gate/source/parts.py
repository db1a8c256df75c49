"""The parts of a test module, what each is called and mentions, and which of them a change affects.

By `ast`: comments and layout do not count. Where it is not clear who depends on a part, all do.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gate.source.code import SCOPES, FunctionNode, parse

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
# A string may name a fixture; one that is longer is text.
_MOST_TEXT = 200
# They work without being mentioned: marks, hooks, what pytest or unittest calls around tests, and what pytest
# calls on collectors and tests that are classes of the project.
_SPECIAL = re.compile(
    r"pytestmark|pytest_\w*|collect_ignore(_glob)?|__\w+__"
    r"|(setup|teardown)(_(module|function|class|method))?|(async)?(setUp|tearDown)(Class|Module)?"
    r"|asyncTearDown|load_tests|collect|runtest"
)
_AUTOUSE = "keyword(arg='autouse'"


@dataclass(frozen=True, slots=True)
class Part:
    """A function, a method, the rest of a class, or another statement.

    `name` is the qualified name, empty for a statement; `body` is a function's code without its name;
    `binds` are the names that others know it by, `within` is the class around it. What is `felt` works
    without being mentioned.
    """

    name: str
    code: str
    body: str
    binds: frozenset[str]
    mentions: frozenset[str]
    within: str
    felt: bool


@dataclass(frozen=True, slots=True)
class Affected:
    """What a change affects: the qualified names of functions, and the names that other files may use.

    With `everything` all that can see the module.
    """

    functions: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    everything: bool = False


def read_parts(path: str, source: bytes) -> list[Part]:
    """Take a module apart; raises SourceError when it is no Python."""
    return list(_parts(parse(path, source).body, ""))


def affected(base: Sequence[Part], head: Sequence[Part], outside: frozenset[str]) -> Affected:
    """Say what of the base is affected by what differs in the head, and by names that differ `outside`.

    What is only added affects nothing, unless the base mentions its name or it is felt unmentioned.
    """
    before, after = _by_name(base), _by_name(head)
    names = set(outside)
    direct: set[str] = set()
    mentioned = frozenset[str]().union(*(part.mentions | part.binds for part in base))
    for name in before.keys() | after.keys():
        old, new = before.get(name, []), after.get(name, [])
        if not old and new[0].within and new[0].within not in before:
            # Nothing of the base can reach into a class that it does not have.
            continue
        if [part.code for part in old] == [part.code for part in new]:
            continue
        differing = _differing(old, new)
        if any(part.felt and not part.within for part in differing):
            return Affected(everything=True)
        direct |= {part.name for part in old}
        # What surrounds each test of a class is as good as a change of the class.
        direct |= {part.within for part in differing if part.felt}
        for part in differing:
            names |= part.binds if part in old else part.binds & mentioned
    return _spread(base, direct, names)


def functions(parts: Iterable[Part]) -> frozenset[str]:
    """Name the functions and methods among the parts."""
    return frozenset(part.name for part in parts if part.body)


def _by_name(parts: Iterable[Part]) -> Mapping[str, list[Part]]:
    found: dict[str, list[Part]] = {}
    for part in parts:
        found.setdefault(part.name, []).append(part)
    return found


def _differing(old: Sequence[Part], new: Sequence[Part]) -> list[Part]:
    """Of the parts of one name those that the other side does not have; all where only the order differs."""
    ours, theirs = ({part.code for part in side} for side in (old, new))
    only = [*(p for p in old if p.code not in theirs), *(p for p in new if p.code not in ours)]
    return only or [*old, *new]


def _spread(base: Sequence[Part], direct: set[str], names: set[str]) -> Affected:
    """Follow mentions until nothing more is affected."""
    reached: set[int] = set()
    while True:
        found = [
            number
            for number, part in enumerate(base)
            if number not in reached
            and (
                part.mentions & names
                or (part.name and part.name in direct)
                or (part.within and part.within in direct)
            )
        ]
        if not found:
            break
        for number in found:
            part = base[number]
            if part.felt and not part.within:
                return Affected(everything=True)
            direct |= {part.name, part.within} if part.felt else {part.name}
            names |= part.binds
        reached.update(found)
    return Affected(frozenset(direct & functions(base)), frozenset(names))


def _parts(body: Iterable[ast.stmt], within: str) -> Iterator[Part]:
    for position, node in enumerate(body):
        if isinstance(node, FunctionNode):
            yield _function(node, within)
        elif isinstance(node, ast.ClassDef):
            yield from _class(node, within)
        elif not (position == 0 and _is_text(node)):
            yield from _statement(node, within)


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, within: str) -> Part:
    code = ast.dump(node)
    body = code.replace(f"(name={node.name!r}", "(name=''", 1)
    decorators = "".join(map(ast.dump, node.decorator_list))
    felt = _AUTOUSE in decorators or _SPECIAL.fullmatch(node.name) is not None
    bound = frozenset({node.name})
    return Part(f"{within}{node.name}", code, body, bound, _mentions(node), within[:-1], felt)


def _class(node: ast.ClassDef, within: str) -> Iterator[Part]:
    """Give the class without what is defined in it, then that."""
    defined = [each for each in node.body if isinstance(each, SCOPES)]
    rest = [each for each in node.body if not isinstance(each, SCOPES)]
    rest = rest[1:] if rest and rest[0] is node.body[0] and _is_text(rest[0]) else rest
    bare = ast.ClassDef(node.name, node.bases, node.keywords, rest, node.decorator_list)
    name, bound = f"{within}{node.name}", frozenset({node.name})
    yield Part(name, ast.dump(bare), "", bound, _mentions(bare), within[:-1], felt=False)
    yield from _parts(defined, f"{name}.")


def _statement(node: ast.stmt, within: str) -> Iterator[Part]:
    bound = frozenset(_bound(node))
    felt = not _only_binds(node) or any(map(_SPECIAL.fullmatch, bound))
    names = sorted(bound) if isinstance(node, ast.Import | ast.ImportFrom) else [""]
    for name in names or [""]:
        # An import of several names is one part for each, so that one more changes nothing else.
        single = frozenset({name}) if name else bound
        shown = _import_of(node, name)
        key = f"={name or ','.join(sorted(bound))}"
        code, mentions = ast.dump(shown), _mentions(shown)
        yield Part(f"{within}{key}", code, "", single, mentions, within[:-1], felt)


def _import_of(node: ast.stmt, name: str) -> ast.stmt:
    """Give an import with the one alias that binds a name."""
    if isinstance(node, ast.Import):
        return ast.Import([alias for alias in node.names if _alias(alias) == name])
    if isinstance(node, ast.ImportFrom):
        chosen = [alias for alias in node.names if _alias(alias) == name]
        return ast.ImportFrom(node.module, chosen, node.level)
    return node


def _alias(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _bound(node: ast.AST) -> Iterator[str]:
    """Name what a statement binds, whatever it is nested in; not what its functions bind inside."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
            return
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from map(_alias, aliases)
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


def _only_binds(node: ast.stmt) -> bool:
    """Say whether a statement does nothing but give plain names a value, as far as can be seen."""
    match node:
        case ast.ImportFrom(names=[ast.alias(name="*")]):
            return False
        case ast.If(body=body, orelse=other):
            return all(map(_only_binds, (*body, *other)))
        case ast.Try(body=body, handlers=handlers, orelse=other, finalbody=last):
            inner = [each for handler in handlers for each in handler.body]
            return all(map(_only_binds, (*body, *inner, *other, *last)))
        case ast.Assign(targets=targets):
            return all(map(_is_plain, targets))
        case ast.AnnAssign(target=target):
            return _is_plain(target)
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass, *SCOPES))


def _is_plain(target: ast.expr) -> bool:
    match target:
        case ast.Tuple(elts=inner) | ast.List(elts=inner):
            return all(map(_is_plain, inner))
        case ast.Starred(value=inner):
            return _is_plain(inner)
    return isinstance(target, ast.Name)


def _mentions(node: ast.AST) -> frozenset[str]:
    """Collect every name, attribute, parameter and word of a short string in a part."""
    found: set[str] = set()
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                found.add(name)
            case ast.Import(names=aliases):
                found.update(word for alias in aliases for word in alias.name.split("."))
            case ast.ImportFrom(module=module, names=aliases):
                found.update((module or "").split("."))
                found.update(alias.name for alias in aliases)
            case ast.Constant(value=str(text)) if len(text) <= _MOST_TEXT:
                found.update(_IDENTIFIER.findall(text))
    return frozenset(found - {""})


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
