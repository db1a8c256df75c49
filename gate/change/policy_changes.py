"""Two policies compared as objects: which rule of the head asks less than the base's, which more.

Every key of a policy has its comparison here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from gate.measure.files import chosen, holds
from gate.model import Direction, RuleChange
from gate.policy.isolation import LEVELS
from gate.policy.model import Policy, TestExclusion, Waiver

_NAMED = 3
_NONE = "none"


@dataclass(frozen=True, slots=True)
class Sides:
    """The policy of the base, that of the head, and the Python files of the head.

    `renamed` maps files of the head to their names in the base.
    """

    before: Policy
    after: Policy
    files: tuple[str, ...]
    renamed: Mapping[str, str]


Compare = Callable[[str, Sides], Iterator[RuleChange]]


def policy_changes(sides: Sides) -> tuple[RuleChange, ...]:
    """Name every rule that differs, in the order of a policy."""
    return tuple(
        change for key, (_, compare) in COMPARISONS.items() for change in compare(key, sides)
    )


def compared_keys() -> frozenset[str]:
    """Name the keys without keys of their own that a comparison looks at."""
    return frozenset(
        f"{key}.{part}" if part else key
        for key, (parts, _) in COMPARISONS.items()
        for part in parts
    )


def _percent(key: str, sides: Sides) -> Iterator[RuleChange]:
    before, after = _value(sides.before, key), _value(sides.after, key)
    if before != after:
        yield RuleChange(key, f"{before}", f"{after}", "looser" if after < before else "tighter")


def _budget(key: str, sides: Sides) -> Iterator[RuleChange]:
    before, after = _value(sides.before, key), _value(sides.after, key)
    if before != after:
        yield RuleChange(key, f"{before}", f"{after}", "looser" if after > before else "tighter")


def _limit(key: str, sides: Sides) -> Iterator[RuleChange]:
    before, after = _value(sides.before, key), _value(sides.after, key)
    if before != after:
        yield RuleChange(key, f"{before:g}", f"{after:g}", "other")


def _interpreter(key: str, sides: Sides) -> Iterator[RuleChange]:
    """Another interpreter may have other packages, which nobody can compare from here."""
    before, after = _value(sides.before, key), _value(sides.after, key)
    if before != after:
        yield RuleChange(key, before or _NONE, after or _NONE, "other")


def _probe(key: str, sides: Sides) -> Iterator[RuleChange]:
    before, after = _value(sides.before, key), _value(sides.after, key)
    if before != after:
        yield RuleChange(key, before, after, "looser" if after == "off" else "tighter")


def _variables(key: str, sides: Sides) -> Iterator[RuleChange]:
    """What is handed over is within reach of the code under test."""
    before, after = (frozenset(_value(side, key)) for side in (sides.before, sides.after))
    if before != after:
        direction: Direction = "tighter" if after < before else "looser"
        yield RuleChange(key, _listed(sorted(before)), _listed(sorted(after)), direction)


def _level(key: str, sides: Sides) -> Iterator[RuleChange]:
    before, after = _value(sides.before, key), _value(sides.after, key)
    if before != after:
        lower = LEVELS.index(after) < LEVELS.index(before)
        yield RuleChange(key, before, after, "looser" if lower else "tighter")


def _network(key: str, sides: Sides) -> Iterator[RuleChange]:
    before, after = _value(sides.before, key), _value(sides.after, key)
    if before != after:
        yield RuleChange(key, before, after, "looser" if after == "on" else "tighter")


def _include(key: str, sides: Sides) -> Iterator[RuleChange]:
    """Compare what is measured, file by file."""
    before, after = sides.before.source.include, sides.after.source.include
    had = frozenset(chosen(sides.files, before))
    has = frozenset(chosen(sides.files, after))
    yield from _sets(key, (had, has), (before, after))


def _core(key: str, sides: Sides) -> Iterator[RuleChange]:
    """Compare the core, file by file; a file that moves out of it has left it."""
    before, after = sides.before.mutation.core, sides.after.mutation.core
    files = sides.files
    had = {
        file
        for file in files
        if any(holds(path, name) for path in before for name in (sides.renamed.get(file, file),))
    }
    has = {file for file in files if any(holds(path, file) for path in after)}
    yield from _sets(key, (frozenset(had), frozenset(has)), (before, after))


def _test_paths(key: str, sides: Sides) -> Iterator[RuleChange]:
    """Compare which test files are below the paths; no path at all is every one."""
    before, after = sides.before.tests.paths, sides.after.tests.paths
    tests = [file for file in sides.files if _is_test(file)]
    # A path may name one test of a file; whether that one is left is text.
    had, has = (
        frozenset(t for t in tests if not paths or any(holds(_file(p), t) for p in paths))
        for paths in (before, after)
    )
    gone = [path for path in before if "::" in path and path not in after]
    if gone and had == has and not any(_file(path) in after for path in gone):
        yield RuleChange(key, _listed(before), _listed(after), "looser")
        return
    yield from _sets(key, (had, has), (before, after))


def _sets(
    key: str, files: tuple[frozenset[str], frozenset[str]], texts: tuple[Iterable[str], ...]
) -> Iterator[RuleChange]:
    had, has = files
    before, after = map(_listed, texts)
    if lost := had - has:
        yield RuleChange(key, before, f"{after}, without {_some(lost)}", "looser")
    if gained := has - had:
        yield RuleChange(key, before, f"{after}, with {_some(gained)}", "tighter")
    if had == has and before != after:
        yield RuleChange(key, before, after, "other")


def _exclusions(key: str, sides: Sides) -> Iterator[RuleChange]:
    before, after = sides.before.tests.exclude, sides.after.tests.exclude
    yield from _entries(key, _by_name(before), _by_name(after))


def _waivers(key: str, sides: Sides) -> Iterator[RuleChange]:
    before, after = sides.before.mutation.waive, sides.after.mutation.waive
    yield from _entries(key, _by_name(before), _by_name(after))


Entry = TestExclusion | Waiver


def _by_name(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Index entries by what they leave out; of several for the same the last day counts."""
    named: dict[str, Entry] = {}
    for entry in entries:
        name = _name(entry)
        if name not in named or named[name].expires < entry.expires:
            named[name] = entry
    return named


def _name(entry: Entry) -> str:
    if isinstance(entry, Waiver):
        return entry.mutant
    return entry.test or f"marker {entry.marker}"


def _entries(
    key: str, before: Mapping[str, Entry], after: Mapping[str, Entry]
) -> Iterator[RuleChange]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was != now:
            yield RuleChange(f"{key} {name}", _terms(was), _terms(now), _longer(was, now))


def _longer(before: Entry | None, after: Entry | None) -> Direction:
    had = before.expires if before else date.min
    has = after.expires if after else date.min
    if had == has:
        return "other"
    return "looser" if has > had else "tighter"


def _terms(entry: Entry | None) -> str:
    if entry is None:
        return _NONE
    return f"until {entry.expires.isoformat()}, {entry.reason} (owner {entry.owner})"


def _noise(key: str, sides: Sides) -> Iterator[RuleChange]:
    before, after = (frozenset(policy.mutation.noise) for policy in (sides.before, sides.after))
    if added := after - before:
        yield RuleChange(key, _NONE, _listed(sorted(added)), "looser")
    if removed := before - after:
        yield RuleChange(key, _listed(sorted(removed)), _NONE, "tighter")


def _path_rules(key: str, sides: Sides) -> Iterator[RuleChange]:
    """Compare what each file must reach by the rules for it, with the same rules for all behind them."""
    before, after = sides.before, sides.after
    if before.path == after.path:
        return
    # What the rules for all files ask is compared by itself.
    alike = replace(before, path=after.path)
    files = {
        *chosen(sides.files, before.source.include),
        *chosen(sides.files, after.source.include),
    }
    found: dict[tuple[str, Decimal, Decimal], list[str]] = {}
    for file in sorted(files):
        asked, will = before.thresholds_for(file), alike.thresholds_for(file)
        for name in ("line", "branch", "function", "score"):
            pair = getattr(asked, name), getattr(will, name)
            if pair[0] != pair[1]:
                found.setdefault((name, *pair), []).append(file)
    for (name, asks, then), of in found.items():
        direction: Direction = "looser" if then < asks else "tighter"
        where = f"{key} {'mutation' if name == 'score' else 'coverage'}.{name} of {_some(of)}"
        yield RuleChange(where, f"{asks}", f"{then}", direction)
    if not found:
        count = f"{len(before.path)}", f"{len(after.path)}, none of them changing a measured file"
        yield RuleChange(key, *count, "other")


def _is_test(file: str) -> bool:
    name = PurePosixPath(file).name
    return name.startswith("test") or name.endswith("_test.py")


def _file(path: str) -> str:
    return path.partition("::")[0]


def _value(policy: Policy, key: str) -> Any:
    value: Any = policy
    for part in key.split("."):
        value = getattr(value, part)
    return value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or _NONE


def _some(files: Iterable[str]) -> str:
    named = sorted(files)
    more = len(named) - _NAMED
    return ", ".join(named[:_NAMED]) + (f" and {more} more" if more > 0 else "")


_ITSELF = ("",)
_ENTRY = ("reason", "owner", "expires")
# A key, those of its parts that are compared together, and how.
COMPARISONS: dict[str, tuple[tuple[str, ...], Compare]] = {
    "source.include": (_ITSELF, _include),
    "tests.paths": (_ITSELF, _test_paths),
    "tests.python": (_ITSELF, _interpreter),
    "tests.timeout": (_ITSELF, _limit),
    "tests.memory": (_ITSELF, _limit),
    "tests.output": (_ITSELF, _limit),
    "tests.order": (_ITSELF, _probe),
    "tests.environment": (_ITSELF, _variables),
    "tests.exclude": (("test", "marker", *_ENTRY), _exclusions),
    "coverage.line": (_ITSELF, _percent),
    "coverage.branch": (_ITSELF, _percent),
    "coverage.function": (_ITSELF, _percent),
    "coverage.changed.line": (_ITSELF, _percent),
    "coverage.changed.branch": (_ITSELF, _percent),
    "mutation.core": (_ITSELF, _core),
    "mutation.score": (_ITSELF, _percent),
    "mutation.changed.score": (_ITSELF, _percent),
    "mutation.noise": (_ITSELF, _noise),
    "mutation.waive": (("mutant", *_ENTRY), _waivers),
    "suppressions.new": (_ITSELF, _budget),
    "isolation.require": (_ITSELF, _level),
    "isolation.network": (_ITSELF, _network),
    "path": (
        ("match", "coverage.line", "coverage.branch", "coverage.function", "mutation.score"),
        _path_rules,
    ),
}
