"""What all reports say of lost kills: what was asked, what became of a killer, what runs the mutant."""

from __future__ import annotations

from gate.model import Fate, LostKills, MutantResult, TestChange
from gate.report.words import counted, duration, one_line

_MOST_TESTS = 3
_BECAME: dict[Fate, str] = {
    "removed": "not in the suite any more",
    "renamed": "under another name now",
    "skipped": "skipped now",
    "xfailed": "expected to fail now",
    "red": "red now",
    "changed": "changed, or what it leans on is",
}


def lost_line(lost: LostKills) -> str:
    """Say what was asked, and what came of it; empty when the change touches no test that matters here."""
    if not lost.touched:
        return ""
    told = f"{counted(lost.touched, 'test')} of the base that the change touches"
    asked = f"{counted(lost.asked, 'mutant')} asked again"
    kept = lost.asked - len(lost.kills) - len(lost.unresolved)
    came = f"{len(lost.kills):,} lost, {len(lost.unresolved):,} unresolved, {kept:,} kept or never killed"
    gone = f", {lost.gone:,} no longer in the code" if lost.gone else ""
    return f"{told}; {asked}: {came}{gone} in {duration(lost.seconds)}"


def became(killer: TestChange) -> str:
    """Say what the killer on the base is in the head."""
    now = f" ({one_line(killer.now)})" if killer.now else ""
    return _BECAME[killer.fate] + now


def runs_now(kill: MutantResult) -> str:
    """Name the tests of the head that run a mutant, and pass."""
    tests = [one_line(test) for test in kill.covered_by]
    if not tests:
        return "no test runs it"
    left = len(tests) - _MOST_TESTS
    more = f" and {left:,} more" if left > 0 else ""
    return f"{', '.join(tests[:_MOST_TESTS])}{more}"
