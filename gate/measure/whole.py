"""The suite as plain pytest runs it: tests in one process, in the order of collection, without coverage."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from gate.measure import outcomes
from gate.measure.suite import Baseline, drive
from gate.model import TestOutcome
from gate.supervise.jobs import Done, Ended, Job
from gate.supervise.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class Whole:
    """What became of each test, by its index, and how the process ended; None where nothing was heard."""

    outcomes: Mapping[int, TestOutcome] = field(default_factory=dict)
    ended: Ended | None = None


def run_whole(
    supervisor: Supervisor, baseline: Baseline, tests: Iterable[int], notify: Callable[[], None]
) -> Whole:
    """Run tests in one process to the end of its session; those after a test that ends it have no outcome."""
    job = Job("the whole suite", tuple(sorted(tests)), finish=True, apart=True)
    root, items = supervisor.launch.root, baseline.items
    found: dict[int, TestOutcome] = {}
    last: Ended | None = None
    for event in drive(supervisor, deque([job]), 1):
        match event:
            case Done():
                found[event.item] = outcomes.outcome_of(items[event.item], event, root)
                notify()
            case Ended():
                last = event
                if event.item is not None:
                    found[event.item] = outcomes.outcome_of_end(items[event.item], event)
    return Whole(found, last)
