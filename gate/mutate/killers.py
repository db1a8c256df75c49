"""In which order a mutant's tests run: those that are likely to kill it first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gate.model import Mutant

RECENT = 8


class Killers:
    """The tests that killed lately, by function and by file, and those that killed in an earlier run."""

    def __init__(self) -> None:
        self._recent: dict[tuple[str, str], list[int]] = {}
        self._before: dict[str, int] = {}

    def recall(self, mutant: str, test: int) -> None:
        """Note which test killed a mutant (by id) in an earlier run."""
        self._before[mutant] = test

    def remember(self, mutant: Mutant, test: int) -> None:
        """Note a kill of this run."""
        for key in _keys(mutant):
            killers = self._recent.setdefault(key, [])
            if test in killers:
                killers.remove(test)
            killers.insert(0, test)
            del killers[RECENT:]

    def order(self, mutant: Mutant, tests: Sequence[int]) -> tuple[int, ...]:
        """Put its own killer first, then recent ones of its function, of its file, then the rest."""
        chosen = set(tests)
        first = dict.fromkeys(test for test in self._likely(mutant) if test in chosen)
        return (*first, *(test for test in tests if test not in first))

    def _likely(self, mutant: Mutant) -> Iterator[int]:
        if mutant.id in self._before:
            yield self._before[mutant.id]
        for key in _keys(mutant):
            yield from self._recent.get(key, ())


def _keys(mutant: Mutant) -> tuple[tuple[str, str], tuple[str, str]]:
    return (mutant.path, mutant.function), (mutant.path, "")
