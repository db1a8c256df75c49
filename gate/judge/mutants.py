"""Mutants in groups, and the words for those that do not count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from gate.model import MutantResult

_WAIVED = "waived:"
_INVALID = {
    "broken": ("does not compile", "do not compile"),
    "noise": ("is noise", "are noise"),
    "waived": ("is waived", "are waived"),
}


def grouped(
    results: Iterable[MutantResult], key: Callable[[MutantResult], str]
) -> dict[str, list[MutantResult]]:
    """Group results by a text of each, such as its file."""
    groups: dict[str, list[MutantResult]] = {}
    for result in results:
        groups.setdefault(key(result), []).append(result)
    return groups


def path_of(result: MutantResult) -> str:
    """Give the file of a result, as the key to group by."""
    return result.mutant.path


def none_counts(what: str, results: Sequence[MutantResult]) -> str:
    """Say why there is no valid mutant; none of `results` is valid."""
    kinds = Counter(map(_kind, results))
    if not kinds:
        return f"{what} has nothing to mutate"
    if len(kinds) > 1:
        told = [f"{n:,} {one_or_many(n, *_INVALID[kind])}" for kind, n in sorted(kinds.items())]
        return f"none of the {len(results):,} mutants of {what} counts: {', '.join(told)}"
    one, many = _INVALID[next(iter(kinds))]
    if len(results) == 1:
        return f"the only mutant of {what} {one}"
    return f"all {len(results):,} mutants of {what} {many}"


def one_or_many(count: int, one: str, many: str) -> str:
    """Choose the words for a count."""
    return one if count == 1 else many


def _kind(result: MutantResult) -> str:
    """Sort a mutant that does not count by why."""
    if result.status == "CompileError":
        return "broken"
    return "waived" if is_waived(result) else "noise"


def is_waived(result: MutantResult) -> bool:
    """Say whether a mutant does not count by agreement."""
    return result.status == "Ignored" and result.reason.startswith(_WAIVED)
