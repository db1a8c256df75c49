"""What a change newly tells coverage.py, the gate or pytest to leave out, line by line.

Code that stands in a text is left out by all of them.

New is what stands on a line that the change adds or edits and has no counterpart on the base: one that
was only moved, indented, or stood on the line before it was edited, is not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import PurePosixPath

from gate.model import ChangedFile, Suppression
from gate.source.pragmas import PragmaKind, find_pragmas
from gate.source.run_texts import find_run_texts
from gate.source.skips import Skip, find_skips

Read = Callable[[str], bytes | None]

# Of the characters of two lines: enough for an edit, too few for another statement.
_ALIKE = 0.6
_UNSEEN = "unmeasured code"
_LONGEST = 80
_DEFINITION = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)")
_PRAGMAS: tuple[PragmaKind, ...] = ("no cover", "no branch", "no mutate")


@dataclass(frozen=True, slots=True)
class _Found:
    """A suppression, the last line that it stands on, and the keys by which it is known again."""

    suppression: Suppression
    end_line: int
    keys: tuple[tuple[str, ...], ...]


def new_suppressions(
    files: Iterable[ChangedFile], measured: Collection[str], base: Read, head: Read
) -> tuple[Suppression, ...]:
    """List the new suppressions of the changed files: pragmas where code is measured, skips elsewhere.

    `base` and `head` read a file of either side. What is a test by its name is read for skips in any case.
    """
    changed = [file for file in files if file.path.endswith(".py")]
    new: list[_Found] = []
    for file in changed:
        if not file.lines:
            continue
        found = _read(file.path, head(file.path) or b"", measured)
        on_changed = [each for each in found if _touched(each, file)]
        if on_changed:
            old = _read(file.path, base(file.old_path or file.path) or b"", measured)
            new += _without_counterpart(on_changed, found, old)
    if new:
        new = _not_moved(new, changed, measured, (base, head))
    return tuple(sorted((each.suppression for each in new), key=lambda s: (s.path, s.line, s.kind)))


def lifted(suppressions: Iterable[Suppression]) -> dict[str, frozenset[tuple[int, PragmaKind]]]:
    """Map files to the line and kind of their new pragmas, which are to have no say."""
    lines: dict[str, set[tuple[int, PragmaKind]]] = {}
    for each in suppressions:
        for kind in _PRAGMAS:
            if each.kind == kind:
                lines.setdefault(each.path, set()).add((each.line, kind))
    return {path: frozenset(found) for path, found in lines.items()}


def _read(path: str, source: bytes, measured: Collection[str]) -> list[_Found]:
    found = [_skip(path, skip) for skip in _skips(path, source, measured)]
    if path in measured:
        found += [
            _Found(
                Suppression(path, pragma.line, pragma.kind, pragma.text),
                pragma.line,
                ((pragma.kind, pragma.text), *_of_definition(pragma.kind, pragma.text)),
            )
            for pragma in find_pragmas(source)
        ]
        found += [
            _Found(
                Suppression(path, each.line, _UNSEEN, _brief(each.text)),
                each.end_line,
                ((_UNSEEN, each.text),),
            )
            for each in find_run_texts(path, source)
        ]
    return found


def _brief(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _skips(path: str, source: bytes, measured: Collection[str]) -> tuple[Skip, ...]:
    return find_skips(path, source) if path not in measured or _is_test(path) else ()


def _skip(path: str, skip: Skip) -> _Found:
    suppression = Suppression(path, skip.line, skip.kind, skip.text)
    keys = ((skip.kind, skip.text, skip.function), (skip.kind, skip.text, skip.body))
    return _Found(suppression, skip.end_line, keys)


def _of_definition(kind: str, text: str) -> tuple[tuple[str, ...], ...]:
    named = _DEFINITION.match(text)
    return ((kind, "definition", named[1]),) if named else ()


def _touched(found: _Found, file: ChangedFile) -> bool:
    lines = range(found.suppression.line, found.end_line + 1)
    return any(line in file.lines for line in lines)


def _without_counterpart(
    new: Sequence[_Found], head: Sequence[_Found], old: Sequence[_Found]
) -> list[_Found]:
    """Take away what the base has too: those with an equal key, then pragmas on lines much alike."""
    untouched = [each for each in head if each not in new]
    left = _matched(untouched, list(old))[1]
    new, left = _matched(new, left)
    remaining = []
    for each in new:
        twin = next((other for other in left if _alike(each, other)), None)
        if twin is None:
            remaining.append(each)
        else:
            left.remove(twin)
    return remaining


def _matched(new: Sequence[_Found], old: Sequence[_Found]) -> tuple[list[_Found], list[_Found]]:
    """Pair what has a key in common, the first key first; give what is left of both."""
    remaining, left = list(new), list(old)
    for number in range(2):
        for each in tuple(remaining):
            key = each.keys[number : number + 1]
            twin = next((other for other in left if key and key[0] in other.keys), None)
            if twin is not None:
                remaining.remove(each)
                left.remove(twin)
    return remaining, left


def _alike(one: _Found, other: _Found) -> bool:
    texts = one.suppression.text, other.suppression.text
    if one.suppression.kind != other.suppression.kind or one.suppression.kind not in _PRAGMAS:
        return False
    # A definition is known by its name alone: its pragma leaves out all of its body.
    if any(map(_DEFINITION.match, texts)):
        return False
    before, after = (text.partition("#")[0] for text in texts)
    return SequenceMatcher(None, before, after, autojunk=False).ratio() >= _ALIKE


def _not_moved(
    new: Sequence[_Found],
    files: Sequence[ChangedFile],
    measured: Collection[str],
    sides: tuple[Read, Read],
) -> list[_Found]:
    """Take away what other files of the change have lost, word for word."""
    base, head = sides
    lost: Counter[tuple[str, ...]] = Counter()
    for file in files:
        if file.status not in ("added", "untracked"):
            old = file.old_path or file.path
            # What a deleted file held counts as it did when it was measured.
            kept = {*measured, file.path, old}
            now = _read(file.path, head(file.path) or b"", kept)
            lost += _keys(_read(old, base(old) or b"", kept)) - _keys(now)
    remaining = []
    for each in new:
        if lost[each.keys[0]] > 0 and _has_a_home(each):
            lost[each.keys[0]] -= 1
        else:
            remaining.append(each)
    return remaining


def _keys(found: Iterable[_Found]) -> Counter[tuple[str, ...]]:
    return Counter(each.keys[0] for each in found)


def _has_a_home(found: _Found) -> bool:
    """Say whether a suppression is known by more than its kind: a skip of a whole file is not."""
    return found.suppression.kind in _PRAGMAS or bool(found.keys[0][-1])


def _is_test(path: str) -> bool:
    name = PurePosixPath(path).name
    return name.startswith("test") or name.endswith("_test.py") or name == "conftest.py"
