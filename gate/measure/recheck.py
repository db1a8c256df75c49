"""Run some tests a second time: red ones alone, and quick green ones in the reverse order.

A test that is green in the suite and red alone leans on the tests before it; a test that is red in the
suite and green alone is disturbed by them, or flaky. Neither says what the code does. A test that is red in
its share, and green where all tests run in one process, leans on the tests of earlier shares.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from gate.measure import outcomes
from gate.measure.suite import Baseline, drive
from gate.measure.whole import run_whole
from gate.model import GREEN, RED, Cause, OrderProbe, TestOutcome
from gate.supervise.jobs import Done, Ended, Job
from gate.supervise.supervisor import Supervisor

# A re-run is cheap or it is left out: seconds at least, and the part of the suite's own test time.
LEAST_SECONDS = 1.0
PART_OF_SUITE = 0.04
RED_OUTCOMES = frozenset({"failed", "error"})
ENDING = frozenset({"timeout", "crashed"})
TOO_SLOW = "the slower tests would cost more than a small part of the suite"
OFF = "the policy says tests.order = off"
DISTURBED = Cause("order", "red after other tests, green alone")
FLAKY = Cause("flaky", "red once, green when run again")
LEANING = Cause("order", "green after the tests before it, red without them")


def look_again(
    supervisor: Supervisor,
    baseline: Baseline,
    width: int,
    notify: Callable[[], None],
    *,
    probe: bool,
) -> OrderProbe:
    """Run one red test of each cause alone, and quick green ones of each share backwards.

    A red test that is green alone is named flaky or dependent on the order, and stays red. A green one
    that is red backwards and red alone is reported by the probe, and so is one that is green only where all
    tests run in one process: as in plain pytest, it counts as green.
    """
    red = _representatives(baseline, 1 if supervisor.fresh else None)
    outcomes = baseline.outcomes
    green = [index for index, each in outcomes.items() if each.outcome in GREEN]
    chosen = _affordable(baseline, green) if probe else frozenset[int]()
    backwards = [
        tuple(each for each in reversed(share) if each in chosen) for share in baseline.shares
    ]
    runs = [*((index,) for index in red), *(share for share in backwards if share)]
    found = _run(supervisor, baseline, runs, width, notify)
    _name_doubtful(
        supervisor, baseline, [each for each in red if _passed(found, each)], width, notify
    )
    leaning = _find_leaning(supervisor, baseline, width, notify)
    suspects = [index for index in found if index in chosen and found[index].outcome in RED]
    alone = _run(supervisor, baseline, [(index,) for index in suspects], width, notify)
    dependent = [index for index in suspects if not _passed(alone, index)]
    dependent += leaning if probe else []
    names = tuple(baseline.items[index].test for index in sorted(dependent))
    probed = sum(index in found for index in chosen)
    reason = "" if probed == len(green) else TOO_SLOW
    return OrderProbe(probed, len(green), names, reason if probe else _why_off(len(leaning)))


def _why_off(leaning: int) -> str:
    """Say why the order was not checked, and what does not count where tests lean on others all the same."""
    if not leaning:
        return OFF
    who = "1 test passes" if leaning == 1 else f"{leaning:,} tests pass"
    return f"{OFF}; {who} only after others, and what is run and noticed only then does not count"


def _find_leaning(
    supervisor: Supervisor, baseline: Baseline, width: int, notify: Callable[[], None]
) -> list[int]:
    """Find the red tests of later shares that are green in one process with all tests, and red alone.

    They become green. What is before a test of the first share is the same there. Tests that ended their
    worker are left out, and those that are green alone are flaky: a clock or chance made them red.
    """
    later = [index for share in baseline.shares[1:] for index in share]
    red = [index for index in later if _may_lean(baseline.outcomes[index])]
    if not red:
        return []
    ended = {index for index, each in baseline.outcomes.items() if each.outcome in ENDING}
    tests = (index for share in baseline.shares for index in share if index not in ended)
    whole = run_whole(supervisor, baseline, tests, notify).outcomes
    green = [index for index in red if index in whole and whole[index].outcome in GREEN]
    alone = _run(supervisor, baseline, [(index,) for index in green], width, notify)
    leaning = [index for index in green if not _passed(alone, index)]
    for index in green:
        if index in leaning:
            baseline.outcomes[index] = replace(whole[index], cause=LEANING)
        else:
            baseline.outcomes[index] = replace(baseline.outcomes[index], cause=FLAKY)
    return leaning


def _may_lean(outcome: TestOutcome) -> bool:
    """Say whether a test is red, and not because of what ran before it or by chance."""
    known = outcome.cause is not None and outcome.cause.kind in ("flaky", "order")
    return outcome.outcome in RED_OUTCOMES and not known


def _representatives(baseline: Baseline, most: int | None) -> list[int]:
    """The quickest red test of each cause, within what a re-run may cost."""
    outcomes = baseline.outcomes
    red = [index for index, each in outcomes.items() if each.outcome in RED_OUTCOMES]
    quickest: dict[Cause | None, int] = {}
    for index in sorted(red, key=lambda index: (outcomes[index].seconds, index)):
        quickest.setdefault(outcomes[index].cause, index)
    cheap = _affordable(baseline, quickest.values())
    return [index for index in quickest.values() if index in cheap][:most]


def _name_doubtful(
    supervisor: Supervisor,
    baseline: Baseline,
    doubtful: list[int],
    width: int,
    notify: Callable[[], None],
) -> None:
    """Tell flaky tests from disturbed ones: run them once more after the tests they came after."""
    again = _run(
        supervisor, baseline, [_until(baseline, index) for index in doubtful], width, notify
    )
    for index in doubtful:
        disturbed = index in again and again[index].outcome in RED
        cause = DISTURBED if disturbed else FLAKY
        baseline.outcomes[index] = replace(baseline.outcomes[index], cause=cause)


def _passed(found: Mapping[int, TestOutcome], index: int) -> bool:
    return index in found and found[index].outcome not in RED


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
    jobs = deque(Job(f"recheck {run[-1]} of {len(run)}", run) for run in runs)
    root = supervisor.launch.root
    for event in drive(supervisor, jobs, width):
        match event:
            case Done():
                found[event.item] = outcomes.outcome_of(baseline.items[event.item], event, root)
                notify()
            case Ended(item=int(index)):
                found[index] = outcomes.outcome_of_end(baseline.items[index], event)
    return found
