"""Metrics of a run, kept in memory, and the health of the machine that it runs on (psutil).

An export is one JSON object, {"metrics": {name: {"summary": …, "points": […]}}}, whose parts have
the fields of Summary and Point.
"""

from __future__ import annotations

import json
import math
import statistics
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from fractions import Fraction
from numbers import Real
from pathlib import Path

import psutil

from training.atomic_file import replace_file
from training.checks import require_between, require_whole


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric, at a time in seconds of the collector's clock."""

    time: float
    value: float
    step: int | None
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Summary:
    """The values still held of one metric: `count` of them, after `dropped` older ones.

    p50 and p95 are type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996):
    of n sorted values the one at place (n - 1) * p / 100, counted from 0; between two places,
    linearly between their values.
    """

    count: int
    dropped: int
    mean: float
    min: float
    max: float
    last: float
    p50: float
    p95: float


class MetricsCollector:
    """The latest `history` values of each metric, in the order in which they came."""

    def __init__(self, clock: Callable[[], float] = time.time, history: int = 1000) -> None:
        require_whole("history", history, 1)
        self._clock = clock
        self._history = history
        self._points: dict[str, deque[Point]] = {}
        self._added: Counter[str] = Counter()

    def add_metric(
        self,
        name: str,
        value: float,
        step: int | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Keep a value; the step is of at least 0. Raises ValueError for NaN and infinities."""
        require_text("name", name)
        number = require_number(name, value)
        if step is not None:
            require_whole("step", step, 0)
        point = Point(self._clock(), number, step, _tags(tags or {}))
        self._points.setdefault(name, deque(maxlen=self._history)).append(point)
        self._added[name] += 1

    def names(self) -> tuple[str, ...]:
        """Return the metrics in the order in which they first came."""
        return tuple(self._points)

    def series(self, name: str) -> tuple[Point, ...]:
        """Return the points still held, oldest first; ValueError for a name never added."""
        if name not in self._points:
            known = ", ".join(self._points) or "none so far"
            raise ValueError(f"name must be a metric that was added ({known}), got {name!r}")
        return tuple(self._points[name])

    def summary(self, name: str) -> Summary:
        """Summarise the points still held; ValueError for a name never added."""
        values = [point.value for point in self.series(name)]
        ordered = sorted(values)
        return Summary(
            count=len(values),
            dropped=self._added[name] - len(values),
            # Exact, where a sum of floats could overflow or leave the span of the values.
            mean=statistics.mean(values),
            min=ordered[0],
            max=ordered[-1],
            last=values[-1],
            p50=_percentile(ordered, 50),
            p95=_percentile(ordered, 95),
        )

    def export_json(self, path: Path) -> None:
        """Write all metrics to `path`, whole or not at all; raises what `replace_file` does."""
        metrics = {
            name: {
                "summary": asdict(self.summary(name)),
                "points": [asdict(point) for point in points],
            }
            for name, points in self._points.items()
        }
        replace_file(path, json.dumps({"metrics": metrics}, indent=1).encode())


class Status(StrEnum):
    """What a check found, from best to worst; after a failed check nothing is known."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and a sentence that says why."""

    status: Status
    detail: str


@dataclass(frozen=True, slots=True)
class Health:
    """The findings by name of check, in the order of the checks, which began at `time`."""

    time: float
    findings: Mapping[str, Finding]

    @property
    def status(self) -> Status:
        """The worst of all."""
        return max((f.status for f in self.findings.values()), key=list(Status).index)


class HealthChecker:
    """Named checks that are run together, one after the other."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._checks: dict[str, Callable[[], Finding]] = {}

    def add_check(self, name: str, check: Callable[[], Finding]) -> None:
        """Add a check; one that needs arguments through functools.partial."""
        require_text("name", name)
        if name in self._checks:
            raise ValueError(f"name must be new, got {name!r} for a second check")
        self._checks[name] = check

    def run(self) -> Health:
        """Run every check; one that raises has failed. ValueError when there is no check."""
        if not self._checks:
            raise ValueError("no check was added, so health would be claimed without evidence")
        began = self._clock()
        return Health(began, {name: _find(check) for name, check in self._checks.items()})


@dataclass(frozen=True, slots=True)
class Limits:
    """The readings in percent from which a resource is degraded, and from which unhealthy."""

    degraded: float
    unhealthy: float

    def __post_init__(self) -> None:
        require_between("degraded", self.degraded, 0)
        require_between("unhealthy", self.unhealthy, self.degraded)


SPACE = Limits(degraded=85, unhealthy=95)
LOAD = Limits(degraded=100, unhealthy=200)


def read_memory() -> float:
    """Return the percent of the machine's memory that is in use."""
    return float(psutil.virtual_memory().percent)


def read_disk(folder: Path) -> float:
    """Return the percent in use of the disk that holds `folder`; OSError when it is not there."""
    return float(psutil.disk_usage(str(folder)).percent)


def read_cpu() -> float:
    """Return the load average of the last minute in percent of the logical processors.

    Above 100, something waits for a processor: one training that keeps all of them busy is well.
    """
    return float(100 * psutil.getloadavg()[0] / psutil.cpu_count())


def check_memory(limits: Limits = SPACE, read: Callable[[], float] = read_memory) -> Finding:
    """Compare the memory in use, in percent, with the limits."""
    return _judge("memory in use", read(), limits)


def check_disk(
    folder: Path, limits: Limits = SPACE, read: Callable[[Path], float] = read_disk
) -> Finding:
    """Compare the use of the disk that holds `folder`, in percent, with the limits."""
    return _judge(f"disk in use at {folder}", read(folder), limits)


def check_cpu(limits: Limits = LOAD, read: Callable[[], float] = read_cpu) -> Finding:
    """Compare the load of the processors, in percent, with the limits."""
    return _judge("load of the processors", read(), limits)


def require_text(name: str, value: object) -> None:
    """Refuse all but a text of more than white space."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} must be a text that is not empty, got {value!r}")


def require_number(name: str, value: object) -> float:
    """Return a finite real number (no bool, no tensor) as a float; refuse all else."""
    try:
        number = float(value) if isinstance(value, Real) else math.nan
    except OverflowError:
        number = math.inf
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    return number


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    for key, value in tags.items():
        require_text("a key of tags", key)
        require_text(f"the tag {key}", value)
    return dict(tags)


def _percentile(ordered: Sequence[float], percent: int) -> float:
    # In fractions, so that rounding cannot take the result out of the span of the values.
    place = Fraction(percent * (len(ordered) - 1), 100)
    whole = math.floor(place)
    around = [Fraction(value) for value in ordered[whole : whole + 2]]
    return float(around[0] + (place - whole) * (around[-1] - around[0]))


def _find(check: Callable[[], Finding]) -> Finding:
    try:
        finding: object = check()
    except Exception as error:  # noqa: BLE001 - a broken check is a finding, not the end of a run
        return Finding(Status.FAILED, f"{type(error).__name__}: {error}")
    if not isinstance(finding, Finding):
        return Finding(Status.FAILED, f"the check returned {finding!r}, not a Finding")
    return finding


def _judge(what: str, percent: float, limits: Limits) -> Finding:
    # Without this a reading of NaN, below every limit, would be healthy.
    require_between(what, percent, 0)
    reading = f"{what}: {percent:.1f} %"
    if percent >= limits.unhealthy:
        return Finding(Status.UNHEALTHY, f"{reading}, unhealthy from {limits.unhealthy:g} %")
    if percent >= limits.degraded:
        return Finding(Status.DEGRADED, f"{reading}, degraded from {limits.degraded:g} %")
    return Finding(Status.HEALTHY, reading)
