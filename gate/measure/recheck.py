"""Run some tests a second time: red ones alone, and quick green ones in the reverse order.

A test that is green in the suite and red alone leans on the tests before it; a test that is red in the
suite and green alone is disturbed by them, or flaky. Neither says what the code does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from gate.measure import outcomes
from gate.measure.suite import Baseline, drive
from gate.model import RED, Cause, OrderProbe, TestOutcome
from gate.supervise.jobs import Done, Ended, Job
from gate.supervise.supervisor import Supervisor

# A re-run is cheap or it is left out: seconds at least, and the part of the suite's own test time.
LEAST_SECONDS = 1.0
PART_OF_SUITE = 0.05
MOST_FRESH = 4
RED_OUTCOMES = frozenset({"failed", "error"})


def explain_red(
    supervisor: Supervisor, baseline: Baseline, width: int, notify: Callable[[], None]
) -> None:
    """Run each red test alone; one that passes then is named flaky or dependent on the order."""
    red = [index for index, outcome in baseline.outcomes.items() if outcome.outcome in RED_OUTCOMES]
    cheap = _affordable(baseline, red)
    chosen = [index for index in red if index in cheap][: MOST_FRESH if supervisor.fresh else None]
    alone = _run(supervisor, baseline, [(index,) for index in chosen], width, notify)
    green = [index for index in red if index in alone and alone[index].outcome not in RED]
    again = _run(supervisor, baseline, [_until(baseline, index) for index in green], width, notify)
    for index in green:
        repeated = again.get(index)
        disturbed = repeated is not None and repeated.outcome in RED
        cause = (
            Cause("order", "red after other tests, green alone")
            if disturbed
            else Cause("flaky", "red once, green when run again")
        )
        baseline.outcomes[index] = replace(baseline.outcomes[index], cause=cause)


def probe_order(
    supervisor: Supervisor, baseline: Baseline, width: int, notify: Callable[[], None]
) -> OrderProbe:
    """Run the quickest green tests of each share backwards, and those that turn red once more, alone."""
    green = [
        index
        for index, outcome in baseline.outcomes.items()
        if outcome.outcome in ("passed", "xpassed")
    ]
    chosen = _affordable(baseline, green)
    backwards = [
        tuple(index for index in reversed(share) if index in chosen) for share in baseline.shares
    ]
    found = _run(supervisor, baseline, [share for share in backwards if share], width, notify)
    suspects = [index for index, outcome in found.items() if outcome.outcome in RED]
    alone = _run(supervisor, baseline, [(index,) for index in suspects], width, notify)
    dependent = [index for index in suspects if index not in alone or alone[index].outcome in RED]
    names = tuple(baseline.items[index].test for index in sorted(dependent))
    reason = (
        ""
        if len(found) == len(green)
        else "the slower tests would cost more than a twentieth of the suite"
    )
    return OrderProbe(len(found), len(green), names, reason)


def _affordable(baseline: Baseline, green: Iterable[int]) -> frozenset[int]:
    seconds = {index: outcome.seconds for index, outcome in baseline.outcomes.items()}
    left = max(LEAST_SECONDS, PART_OF_SUITE * sum(seconds.values()))
    chosen = set()
    for index in sorted(green, key=lambda index: (seconds[index], index)):
        left -= seconds[index]
        if left < 0:
            break
        chosen.add(index)
    return frozenset(chosen)


def _until(baseline: Baseline, index: int) -> tuple[int, ...]:
    """The tests of a share up to and with this one."""
    share = next(share for share in baseline.shares if index in share)
    return share[: share.index(index) + 1]


def _run(
    supervisor: Supervisor,
    baseline: Baseline,
    runs: Sequence[tuple[int, ...]],
    width: int,
    notify: Callable[[], None],
) -> dict[int, TestOutcome]:
    """Run tests without coverage; where a worker ends early, what it had not reached is left out."""
    found: dict[int, TestOutcome] = {}
    jobs = deque(Job(f"recheck {run[-1]} of {len(run)}", run, measured=False) for run in runs)
    root = supervisor.launch.root
    for event in drive(supervisor, jobs, width):
        match event:
            case Done():
                found[event.item] = outcomes.outcome_of(baseline.items[event.item], event, root)
                notify()
            case Ended(ending="end"):
                pass
            case Ended(item=int(index)):
                found[index] = outcomes.outcome_of_end(baseline.items[index], event)
    return found
