"""The section of lost kills in a results document: its shape, what makes it agree, and how it is made."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from gate.model import LostKills, TestChange
from gate.results.mutation import MutantEntry, mutant_entry, place_of
from gate.results.values import Count, Entry, ProblemEntry, Seconds, Text

Fate = Literal["removed", "renamed", "skipped", "xfailed", "red", "changed"]


class TestChangeEntry(Entry):
    """What became of a test of the base; `now` is its id or name in the head, if it has another there."""

    __test__ = False

    test: Text
    fate: Fate
    now: Text


class LostKillEntry(MutantEntry):
    """A mutant as the head's tests see it, and the test that killed it on the base."""

    killer: TestChangeEntry


class Lost(Entry):
    """What tests that the change touches killed on the base and nothing kills now.

    `touched` tests ran on the base; of the mutants that they ran `asked` are in the head too, `gone` are
    not. `changes` are tests that disappeared or run no more. `covered_by` are positions in `tests`.
    """

    touched: Count
    asked: Count
    gone: Count
    seconds: Seconds
    kills: tuple[LostKillEntry, ...]
    unresolved: tuple[MutantEntry, ...]
    changes: tuple[TestChangeEntry, ...]
    tests: tuple[Text, ...]
    problems: tuple[ProblemEntry, ...]
    notes: tuple[Text, ...]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        for mutant in self.kills:
            if mutant.killed_by is not None or mutant.status not in ("Survived", "NoCoverage"):
                raise ValueError(f"mutant {mutant.id} is lost, and {mutant.status}")
        if any(mutant.status != "Pending" for mutant in self.unresolved):
            raise ValueError("an unresolved mutant has another status than Pending")
        listed = (*self.kills, *self.unresolved)
        if any(number >= len(self.tests) for each in listed for number in each.covered_by):
            raise ValueError("a mutant is covered by a test that is not listed")
        if len(listed) > self.asked:
            raise ValueError(f"{len(listed)} mutants are lost or unresolved, of {self.asked}")
        return self


def lost_section(lost: LostKills | None) -> Lost | None:
    """Put lost kills into their section; None when nothing was looked for."""
    if lost is None:
        return None
    results = (*(result for result, _ in lost.kills), *lost.unresolved)
    tests = sorted({test for result in results for test in result.covered_by})
    position = {test: number for number, test in enumerate(tests)}
    return Lost(
        touched=lost.touched,
        asked=lost.asked,
        gone=lost.gone,
        seconds=lost.seconds,
        kills=tuple(
            LostKillEntry(**dict(mutant_entry(result, position)), killer=_change(killer))
            for result, killer in sorted(lost.kills, key=lambda kill: place_of(kill[0]))
        ),
        unresolved=tuple(mutant_entry(result, position) for result in lost.unresolved),
        changes=tuple(_change(each) for each in sorted(lost.tests, key=lambda each: each.test)),
        tests=tuple(tests),
        problems=tuple(ProblemEntry.model_validate(problem) for problem in lost.problems),
        notes=lost.notes,
    )


def _change(change: TestChange) -> TestChangeEntry:
    return TestChangeEntry.model_validate(change)
