"""What workers are asked to do, and what is heard of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gate.worker.messages import Frame

Ending = Literal["end", "stopped", "timeout", "memory", "output", "crash", "protocol", "orphaned"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to collect and for each test; resident bytes of a worker's tree; bytes of its output."""

    collect: float
    test: float
    memory: int
    output: int


@dataclass(frozen=True, slots=True)
class Job:
    """Tests to run in one fork, in this order.

    `measured`: under coverage, into a data file of its own. `edit`: with this mutant in place. `stop`: the
    first that fails is the last. `limits`: seconds for a test, in place of the policy's. `processor`:
    seconds of processor time for all of it, where the platform shows that; `limits` are then for what it
    waits. `at_import`: from the earlier fork point, where the project is not imported yet; `tests` are then
    the tests' ids and `arguments` pytest's, and `imports` are the seconds in which it may come to the first
    test, None for the policy's limit of a test. `guarded`: kept from writing in the repository, where the
    platform can. `finish`: after the last test the session goes on to pytest's own end. `apart`: in a process
    of its own, which collects again and measures nothing.
    """

    name: str
    items: tuple[int, ...]
    measured: bool = False
    edit: Mapping[str, Any] | None = None
    stop: bool = False
    limits: Mapping[int, float] = field(default_factory=dict)
    processor: float = math.inf
    at_import: bool = False
    imports: float | None = None
    tests: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    guarded: bool = False
    finish: bool = False
    apart: bool = False


@dataclass
class Guards:
    """What guarded workers said: how many there were, and why a measure did not hold in one of them."""

    workers: int = 0
    missing: dict[str, str] = field(default_factory=dict)

    def note(self, missing: object) -> None:
        """Take what one worker lacks; one that says nothing lacks everything."""
        self.workers += 1
        said = missing if isinstance(missing, dict) else {}
        for measure in ("writes", "network"):
            why = str(said.get(measure, "a worker did not say"))
            if why:
                self.missing.setdefault(measure, why)


@dataclass(frozen=True, slots=True)
class Done:
    """A worker has run a test; the time is the judge's own.

    `set_up` are the worker's seconds for each shared fixture that was set up within it, by its number.
    """

    job: Job
    item: int
    phases: tuple[Frame, ...]
    traced: bool
    seconds: float
    set_up: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """A worker is gone, with the test it was in, if any. Only `end` means that it ran all it was given.

    One that measured names the modules that it imported `late`, of other projects, and maps all that it
    `loaded` of this one to their files, relative to the root. `status` is the exit status of pytest, and
    `raised` what went through it, where the session went to its end; `output` is then the end of what was
    printed there. `told`: all of that is known, whatever the process came to after its last test.
    `lost` is why coverage.py could not measure all of it. `computed`
    is the processor time, in seconds, of a test whose time was up. `imports` are the seconds until one that
    began before import had imported, 0 for others.
    """

    job: Job
    ending: Ending
    message: str
    item: int | None
    seconds: float
    output: str
    data: Path | None
    late: tuple[str, ...] = ()
    loaded: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    raised: str = ""
    told: bool = False
    computed: float = 0.0
    lost: str = ""
    imports: float = 0.0


Event = Done | Ended


def never_began(job: Job, message: str) -> Ended:
    """The end of a job for which there was no process."""
    return Ended(job, "orphaned", message, None, 0.0, "", None)
