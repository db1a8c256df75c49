"""What the doctor says of one thing: its status, what was measured, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from gate.errors import GateError

# A problem keeps the gate from running here; a warning does not; unknown could not be looked at.
Status = Literal["ok", "warning", "problem", "unknown"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; all but what is ok has a remedy."""

    name: str
    status: Status
    message: str
    remedy: str = ""


def ok(name: str, message: str) -> Check:
    """Say that something is as it should be."""
    return Check(name, "ok", message)


def warning(name: str, message: str, remedy: str) -> Check:
    """Say that the gate runs, but not as well as it could."""
    return Check(name, "warning", message, remedy)


def problem(name: str, message: str, remedy: str) -> Check:
    """Say that the gate cannot run."""
    return Check(name, "problem", message, remedy)


def unknown(name: str, message: str, remedy: str) -> Check:
    """Say that something could not be looked at."""
    return Check(name, "unknown", message, remedy)


def asked(name: str, look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """Give the checks of one family; an error that a run would end with is a problem of that name."""
    try:
        yield from look()
    except GateError as error:
        yield told(name, error)


def told(name: str, error: GateError) -> Check:
    """Say that a run would end with an error of its own."""
    return problem(name, error.message, error.hint or "call `gate check`, which says more")


def can_run(checks: Iterable[Check]) -> bool:
    """Say whether nothing among the checks keeps the gate from running."""
    return all(check.status != "problem" for check in checks)
