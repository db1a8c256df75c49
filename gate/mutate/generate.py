"""Source to mutants, without importing it: mutmut's operators say what, the rules here say where."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import libcst as cst

from gate.model import Mutant
from gate.mutate.names import read_names
from gate.mutate.operators import changes
from gate.mutate.places import Place, places
from gate.mutate.splices import Layout
from gate.mutate.text import Splice, read_text
from gate.source.code import SourceError, deep_recursion, parse


def generate(path: str, source: bytes) -> tuple[Mutant, ...]:
    """Give every mutant of a file, in the order of the file.

    Offsets count in its text as UTF-8 without byte order mark. A few mutants do not compile
    (`case -1` becomes `case +1`): who runs them finds out. Raises SourceError for what is no Python.
    """
    text = read_text(path, source)
    own = read_names(parse(path, text.data.decode())).own
    try:
        with deep_recursion():
            layout = Layout(path, text)
            found = [
                each for node, place in places(layout, own) for each in _found(layout, node, place)
            ]
    except cst.ParserSyntaxError as error:
        reason = f"libcst cannot parse it: {error.message}"
        raise SourceError(path, error.raw_line, reason) from error
    except RecursionError as error:
        raise SourceError(path, None, "nested too deeply to be mutated") from error
    return tuple(_mutants(path, layout, found))


@dataclass(frozen=True, slots=True)
class _Found:
    operator: str
    splice: Splice
    place: Place


def _found(layout: Layout, node: cst.CSTNode, place: Place) -> Iterator[_Found]:
    for part in _parts(node):
        for operator, changed in changes(part):
            yield _Found(operator, layout.splice(part, changed, node), place)


def _parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield a node and those of its parts that are shown with it: `a < b`, not `< b`."""
    yield node
    if isinstance(node, cst.Comparison):
        for target in node.comparisons:
            yield from (target, target.operator)


def _mutants(path: str, layout: Layout, found: Iterable[_Found]) -> Iterator[Mutant]:
    seen: Counter[tuple[str, ...]] = Counter()
    text = layout.text
    for each in sorted(found, key=lambda each: (each.splice.start, each.splice.end)):
        start, end, replacement = each.splice.start, each.splice.end, each.splice.replacement
        place, original = each.place, text.cut(start, end)
        identity = (path, place.name, each.operator, original, replacement)
        line, end_line = text.line(start), text.line(end - 1)
        yield Mutant(
            id=_identifier(identity, seen[identity]),
            path=path,
            line=line,
            column=text.column(start),
            end_line=end_line,
            end_column=text.column(end - 1) + 1,
            operator=each.operator,
            function=place.name,
            original=original,
            replacement=replacement,
            source=text.lines(line, end_line),
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
    """Give the whole default as mutated, in parentheses where it spans lines."""
    if found.place.default is None:
        return ""
    start, end = layout.outer(found.place.default)
    text, splice = layout.text, found.splice
    whole = text.cut(start, splice.start) + splice.replacement + text.cut(splice.end, end)
    return f"({whole})" if "\n" in whole or "\r" in whole else whole
