"""Which tests pytest is told to run, by the base and by the head; what the head leaves out runs all the same.

Where both sides say something, what either of them would run is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from shlex import join as written
from shlex import split

from gate.change.addopts import MORE_TESTS, PATHS, Addopts, Exists, join, part
from gate.change.pytest_config import DEFAULTS, IMPORTED, PytestConfig, Read, read_config
from gate.model import Direction, RuleChange

Words = tuple[str, ...]

# Lists of what is left out.
_LEFT_OUT = frozenset({"norecursedirs", "--deselect", "--ignore", "--ignore-glob"})
_EXPRESSIONS = frozenset({"-k", "-m"})
# The gate sets them aside: they stop early, or choose by an earlier run, of which there is none here.
_WITHOUT_EFFECT = frozenset(
    {"-x", "--maxfail", "--lf", "--ff", "--nf", "--sw", "--sw-skip", "--sw-reset", "--lfnf"}
)
_TAKES_VALUES = _LEFT_OUT | _EXPRESSIONS | {"--doctest-glob", "--maxfail", "--lfnf", "--confcutdir"}


@dataclass(frozen=True, slots=True)
class Selection:
    """What pytest is started with so that the base's selection runs, and what the head says otherwise."""

    options: Words = ()
    changes: tuple[RuleChange, ...] = ()


def compare_selection(
    base: Read, head: Read, arguments: Sequence[str], exists: Exists
) -> Selection:
    """Compare both sides of pytest's configuration, started at the root with these paths.

    `exists` says whether a path is in the working tree.
    """
    before, after = read_config(base, arguments), read_config(head, arguments)
    if before.problem and before == after and base(before.file) == head(after.file):
        return Selection()
    if before.problem:
        return Selection(changes=(RuleChange("configuration", before.problem, "", "other"),))
    return _Comparison(before, after, bool(arguments), exists).selection()


class _Comparison:
    def __init__(
        self, before: PytestConfig, after: PytestConfig, started_with_paths: bool, exists: Exists
    ) -> None:
        self._started_with_paths = started_with_paths
        self._files = before.file or "no file", after.file or "no file"
        # An older pytest may take another file or table than the one read here: then nothing is left to it.
        same = (before.file, before.native) == (after.file, after.native)
        self._set_all = bool(after.problem) or not same
        self._problem = after.problem
        self._addopts = part(before.value("addopts"), exists), part(after.value("addopts"), exists)
        self._values = tuple(
            {key: _override(side.others, key) or config.value(key) for key in DEFAULTS}
            for side, config in zip(self._addopts, (before, after), strict=True)
        )
        self._imports = before.imported_tests(), after.imported_tests()

    def selection(self) -> Selection:
        options: list[str] = []
        changes: list[RuleChange] = []
        for key in DEFAULTS:
            runs, change = self._key(key)
            changes += change
            if change or self._set_all:
                options += ["-o", f"{key}={written(runs)}"]
        imported = self._imported()
        changes += imported
        if imported:
            options += ["-o", f"{IMPORTED}=true"]
        chosen, of_addopts = self._options()
        changes += of_addopts
        if of_addopts or self._set_all:
            words = join(Addopts(chosen, self._addopts[1].others))
            options += ["-o", f"addopts={written(words)}"]
        changes += self._plugins()
        if self._problem:
            changes.append(RuleChange("configuration", self._files[0], self._problem, "other"))
        return Selection(tuple(options), tuple(changes))

    def _key(self, key: str) -> tuple[Words, list[RuleChange]]:
        before, after = (values[key] for values in self._values)
        if key == "testpaths":
            if self._started_with_paths:
                return after, []
            runs, direction = _paths(before, after, nothing_is_all=True)
        else:
            runs, direction = _lists(key, before, after)
        return runs, self._change(key, before, after, direction)

    def _imported(self) -> list[RuleChange]:
        before, after = self._imports
        if before == after:
            return []
        direction: Direction = "looser" if before else "tighter"
        was, now = (str(side).lower() for side in self._imports)
        return self._change(IMPORTED, (was,), (now,), direction)

    def _options(self) -> tuple[dict[str, Words], list[RuleChange]]:
        before, after = (side.selection for side in self._addopts)
        chosen: dict[str, Words] = {}
        changes: list[RuleChange] = []
        for name in {**before, **after}:
            had, has = before.get(name, ()), after.get(name, ())
            runs, direction = self._option(name, had, has)
            chosen |= {name: runs} if runs else {}
            key = "addopts paths" if name == PATHS else f"addopts {name}"
            changes += self._change(key, _told(name, had), _told(name, has), direction)
        return chosen, changes

    def _option(self, name: str, had: Words, has: Words) -> tuple[Words, Direction | None]:
        if name == PATHS:
            return _paths(had, has, nothing_is_all=not self._started_with_paths)
        if name in _EXPRESSIONS:
            return _expressions(had[-1:], has[-1:])
        if name in _WITHOUT_EFFECT or name == "--confcutdir":
            return had, None if had == has else "other"
        return _lists(name, had, has) if name in _TAKES_VALUES else _flag(name, had, has)

    def _plugins(self) -> list[RuleChange]:
        """Name the plugins that the head loads by option: what they choose cannot be seen from here."""
        loaded = [frozenset(_values_of("-p", side.others)) for side in self._addopts]
        new = sorted(name for name in loaded[1] - loaded[0] if not name.startswith("no:"))
        return self._change("addopts -p", (), tuple(new), "other" if new else None)

    def _change(
        self, key: str, before: Words, after: Words, direction: Direction | None
    ) -> list[RuleChange]:
        if direction is None:
            return []
        path = self._files[0] if self._files[1] == "no file" else self._files[1]
        return [RuleChange(key, _written(before), _written(after), direction, path)]


def _lists(key: str, before: Words, after: Words) -> tuple[Words, Direction | None]:
    """Compare two lists without order: of patterns that are taken, or of what is left out."""
    within = _within if key.startswith("python_") else _among
    lost = [word for word in before if not within(word, after)]
    gained = [word for word in after if not within(word, before)]
    if key in _LEFT_OUT:
        return tuple(word for word in before if word in after), _towards(gained, lost)
    return (*before, *gained), _towards(lost, gained)


def _among(word: str, words: Words) -> bool:
    return word in words


def _within(pattern: str, patterns: Words) -> bool:
    """Say whether all that a pattern takes, one of the others takes: they are globs, or beginnings."""
    return any(
        fnmatchcase(pattern, other) or ("*" not in other and pattern.startswith(other))
        for other in patterns
    )


def _paths(before: Words, after: Words, *, nothing_is_all: bool) -> tuple[Words, Direction | None]:
    """Compare paths by what is at or below them."""
    if nothing_is_all and not (before and after):
        return (), None if before == after else "looser" if after else "tighter"
    lost = [path for path in before if not _covered(path, after)]
    gained = [path for path in after if not _covered(path, before)]
    return (*before, *gained), _towards(lost, gained)


def _flag(name: str, before: Words, after: Words) -> tuple[Words, Direction | None]:
    if bool(before) == bool(after):
        return after, None
    if name in MORE_TESTS:
        return before or after, "looser" if before else "tighter"
    return (), "looser" if after else "tighter"


def _towards(fewer: Iterable[str], more: Iterable[str]) -> Direction | None:
    match bool(list(fewer)), bool(list(more)):
        case True, False:
            return "looser"
        case False, True:
            return "tighter"
        case True, True:
            return "other"
    return None


def _covered(path: str, paths: Iterable[str]) -> bool:
    return any(
        path == other or path.startswith(f"{other}::") or PurePosixPath(path).is_relative_to(other)
        for other in paths
    )


def _expressions(before: Words, after: Words) -> tuple[Words, Direction | None]:
    """Compare what `-k` or `-m` says; no expression chooses every test."""
    was, now = "".join(before).strip(), "".join(after).strip()
    if was == now:
        return after, None
    if not was or not now:
        return (), "looser" if now else "tighter"
    if _narrows(now, was):
        return before, "looser"
    return (after, "tighter") if _narrows(was, now) else (before, "other")


def _narrows(longer: str, shorter: str) -> bool:
    """Say whether an expression is another one with a further condition."""
    if " or " in longer:
        return longer.startswith(f"({shorter}) and ")
    return longer.startswith(f"{shorter} and ") or longer.endswith(f" and {shorter}")


def _override(others: Sequence[str], key: str) -> Words:
    """Give what `-o KEY=…` within `addopts` sets."""
    values = (*_values_of("-o", others), *_values_of("--override-ini", others))
    found = [value.partition("=")[2] for value in values if value.startswith(f"{key}=")]
    return tuple(split(found[-1])) if found else ()


def _values_of(option: str, words: Sequence[str]) -> Iterator[str]:
    for at, word in enumerate(words):
        if word == option and at + 1 < len(words):
            yield words[at + 1]
        elif word.startswith(f"{option}="):
            yield word.partition("=")[2]


def _told(name: str, values: Words) -> Words:
    if not values or name == PATHS:
        return values
    return tuple(f"{name} {value}".strip() for value in values)


def _written(words: Words) -> str:
    return " ".join(words) or "nothing"
