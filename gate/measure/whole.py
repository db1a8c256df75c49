"""The suite as plain pytest runs it: tests in one process, in the order of collection, without coverage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from gate.measure import outcomes
from gate.measure.suite import Baseline
from gate.model import TestOutcome
from gate.supervise.jobs import Done, Ended, Job
from gate.supervise.supervisor import Supervisor


class Whole(NamedTuple):
    """What became of each test, by its index, and how the process ended; None where nothing was heard."""

    outcomes: Mapping[int, TestOutcome]
    ended: Ended | None


def run_whole(
    supervisor: Supervisor, baseline: Baseline, tests: Iterable[int], notify: Callable[[], None]
) -> Whole:
    """Run tests in one process to the end of its session; those after a test that ends it have no outcome."""
    job = Job("the whole suite", tuple(sorted(tests)), finish=True, apart=True)
    root, items = supervisor.launch.root, baseline.items
    found: dict[int, TestOutcome] = {}
    last: Ended | None = None
    supervisor.submit(job)
    while supervisor.running:
        for event in supervisor.events():
            match event:
                case Done():
                    found[event.item] = outcomes.outcome_of(items[event.item], event, root)
                    notify()
                case Ended():
                    last = event
                    if event.item is not None:
                        found[event.item] = outcomes.outcome_of_end(items[event.item], event)
    return Whole(found, last)
