"""What keeps workers apart from the rest, measure by measure, and the level that this comes to."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gate.model import IsolationLevel
from gate.supervise.jobs import Guards, Limits
from gate.supervise.watch import can_watch
from gate.supervise.zygote import Collected, Launch

_MOST_NAMED = 8
_ENFORCED = "enforced from outside"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the isolation of a run depends on; `fresh` says that each share has a process of its own."""

    launch: Launch
    limits: Limits
    collected: Collected
    guards: Guards
    fresh: bool


@dataclass(frozen=True, slots=True)
class _Measure:
    """One measure: whether it holds for every worker that it is meant for, and how that reads."""

    name: str
    holds: bool
    text: str
    weighty: bool = False


def isolation_of(run: Circumstances) -> Mapping[str, str]:
    """Describe the isolation of a run; `level` is the word that a policy may demand."""
    measures = list(_measures(run))
    lacking = [measure.name for measure in measures if not measure.holds]
    return {
        "level": _level(measures),
        "not in force": ", ".join(lacking) or "nothing",
        "workers": _workers(run),
        "time limit": f"{run.limits.test:g} s for each test, {_ENFORCED}",
        **{measure.name: measure.text for measure in measures},
        "home and temporary folder": "private to the run; each mutant has empty ones",
        "environment": _environment(run.launch.withheld),
        "processes": "not limited in number; ended with the run",
        "residual risk": "code under test controls its own process and could forge what it reports",
    }


def _level(measures: Sequence[_Measure]) -> IsolationLevel:
    if all(measure.holds for measure in measures):
        return "full"
    weighty = all(measure.holds for measure in measures if measure.weighty)
    return "partial" if weighty else "basic"


def _measures(run: Circumstances) -> Iterator[_Measure]:
    seen, unseen = can_watch(), f"not enforced: {sys.platform} does not show it"
    enforced = _ENFORCED if seen else unseen
    memory, output = run.limits.memory >> 20, run.limits.output >> 20
    yield _Measure("memory limit", seen, f"{memory} MiB resident, {enforced}", weighty=True)
    yield _Measure("output limit", seen, f"{output} MiB, {enforced}", weighty=True)
    confined = run.collected.confined
    yield _holding(
        "privileges",
        "" if confined.get("privileges") else f"{sys.platform} cannot forbid it",
        "none can be gained (no_new_privs)",
    )
    yield _holding(
        "resources",
        "" if confined.get("resources") else "the system refused the limits",
        "no core dumps, bounded open files and file sizes",
    )
    yield from _of_mutants(run.guards)


def _of_mutants(guards: Guards) -> Iterator[_Measure]:
    """What holds for mutants and for their originals; the suite itself runs as under pytest."""
    if not guards.workers:
        yield _Measure("network", True, "open to the suite, as under pytest; no mutant ran")
        return
    writes = guards.missing.get("writes", "")
    yield _holding("repository and home", writes, "mutants cannot write there (Landlock)", True)
    yield _holding(
        "network",
        guards.missing.get("network", ""),
        "mutants have none but a loopback of their own; open to the suite, as under pytest",
    )


def _holding(name: str, why_not: str, text: str, weighty: bool = False) -> _Measure:
    return _Measure(name, not why_not, f"not in force: {why_not}" if why_not else text, weighty)


def _workers(run: Circumstances) -> str:
    if not run.fresh:
        return "forks of one collecting process, each in a session of its own"
    held = ", ".join(run.collected.threads)
    return f"a fresh process for each share, because the collecting process holds {held}"


def _environment(withheld: Sequence[str]) -> str:
    if not withheld:
        return "no variable looks like a secret"
    more = len(withheld) - _MOST_NAMED
    named = ", ".join(withheld[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"withheld, as they look like secrets: {named}"
