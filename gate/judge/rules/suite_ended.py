"""Rule suite.ended: pytest itself ends well."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.rule import Rule
from gate.model import (
    Evidence,
    Finding,
)

ID = "suite.ended"


def find(evidence: Evidence) -> Iterator[Finding]:
    """Demand that pytest itself ends well after tests that all pass: a CI job sees its exit status."""
    ended = evidence.suite.ended
    if ended is None or ended.status == 0:
        return
    if ended.status is None:
        yield Finding(
            ID,
            "error",
            f"how pytest ends after the last test is not known: {ended.message}",
            forces="inconclusive",
            help="Run all tests in one process, as plain pytest does: `pytest; echo $?`",
        )
        return
    because = f": {ended.message}" if ended.message else ""
    yield Finding(
        ID,
        "error",
        f"every test passes, but pytest ends with exit status {ended.status}{because}",
        forces="fail",
        measured=float(ended.status),
        required=0.0,
        help="See it with `pytest; echo $?`, and mend what objects after the last test.",
    )


rule = Rule(
    id=ID,
    title="pytest itself ends well",
    checks=(
        "The exit status with which pytest ends after tests that all pass: hooks such as "
        "`pytest_sessionfinish` and `pytest_unconfigure`, the checks of plugins, and exceptions that "
        "are found late (in `__del__`, in threads, where `filterwarnings` makes them errors) may "
        "still make it fail. Each part of the suite goes to the end of its own session. Where one "
        "objects, and where the project itself has hooks for the end, all tests run once more in one "
        "process, without coverage. Red tests decide by themselves; the end is not asked then."
    ),
    why="A leak check or a floor of a conftest is a test too. A CI job that runs pytest would be red.",
    fix="Run `pytest; echo $?` and read what is printed after the last test.",
    forces=(
        "FAIL when pytest ends with another exit status than 0; INCONCLUSIVE when it does not come to "
        "its end, or when a test is red only where all tests run in one process."
    ),
    find=find,
)
