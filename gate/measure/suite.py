"""Run the unmutated suite under supervision: collect, leave out what the policy excludes, run shares.

A test that takes its worker down costs itself; the rest of its share runs on in a new fork.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Container, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from gate.measure import outcomes
from gate.measure.overdue import Overdue
from gate.measure.shares import cut
from gate.model import GREEN, Exclusion, Problem, TestOutcome
from gate.policy.model import Policy, TestExclusion
from gate.supervise.jobs import Done, Ended, Event, Job
from gate.supervise.supervisor import Supervisor
from gate.supervise.zygote import Collected, Item

RESTARTS = 10


@dataclass
class Baseline:
    """The suite while it is being run: outcomes by the index of the test, and coverage parts.

    `set_up` are the seconds that each shared fixture took, by its number. `loaded` are the project's modules
    that were imported, each with its file, relative to the root. `ends` are the workers of whole shares that
    were to go on to the end of their session.
    """

    collected: Collected
    shares: list[tuple[int, ...]] = field(default_factory=list)
    outcomes: dict[int, TestOutcome] = field(default_factory=dict)
    exclusions: list[Exclusion] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    parts: list[Path] = field(default_factory=list)
    seconds: float = 0.0
    late: dict[str, None] = field(default_factory=dict)
    loaded: set[tuple[str, str]] = field(default_factory=set)
    set_up: dict[int, float] = field(default_factory=dict)
    ends: list[Ended] = field(default_factory=list)

    @property
    def items(self) -> tuple[Item, ...]:
        """The collected tests."""
        return self.collected.items

    def passing(self) -> frozenset[str]:
        """Name the tests that passed."""
        return frozenset(each.test for each in self.outcomes.values() if each.outcome in GREEN)

    def passing_files(self) -> frozenset[str]:
        """Name the files of the tests that passed."""
        green = (index for index, each in self.outcomes.items() if each.outcome in GREEN)
        return frozenset(self.items[index].path for index in green)

    def seconds_by_test(self) -> dict[int, float]:
        """How long each test ran, in seconds, by its index."""
        return {index: outcome.seconds for index, outcome in self.outcomes.items()}

    def seconds_alone(self, index: int) -> float:
        """How long a test takes where it sets its shared fixtures up itself, in seconds."""
        shared = sum(self.set_up.get(fixture, 0.0) for fixture in self.items[index].shared)
        return max(self.outcomes[index].seconds, shared)


def run_shares(
    supervisor: Supervisor,
    collected: Collected,
    policy: Policy,
    width: int,
    notify: Callable[[TestOutcome], None],
    wanted: Container[int] | None = None,
) -> Baseline:
    """Run every collected test that the policy does not exclude, `width` shares at a time.

    Of them only those `wanted`, by their index, where these are given.
    """
    started = time.monotonic()
    baseline = Baseline(collected, loaded=set(collected.loaded.items()))
    root = supervisor.launch.root
    rootdir = _below(root, collected.environment["rootdir"])
    included = _leave_out(baseline, policy, rootdir)
    chosen = [index for index in included if wanted is None or index in wanted]
    baseline.shares = cut([item.path for item in collected.items], chosen)
    run = _Run(supervisor, baseline, notify)
    longest_first = sorted(enumerate(baseline.shares), key=lambda share: -len(share[1]))
    # What the project does at the end would reach what other forks still use.
    finish = wanted is None and not collected.enders
    jobs = [
        Job(f"share {number}", tests, measured=True, finish=finish)
        for number, tests in longest_first
    ]
    run.go(jobs, width)
    run.go_alone()
    run.go_overdue(width)
    for index in chosen:
        if index not in baseline.outcomes:
            run.settle(index, outcomes.lost(collected.items[index], "no worker reported it"))
    baseline.seconds = time.monotonic() - started
    return baseline


def drive(supervisor: Supervisor, jobs: deque[Job], width: int) -> Iterator[Event]:
    """Keep `width` jobs under way until the queue is empty; the caller may add to it meanwhile."""
    while jobs or supervisor.running:
        while jobs and supervisor.running < width:
            supervisor.submit(jobs.popleft())
        yield from supervisor.events()


def _below(root: Path, rootdir: str) -> str:
    """Give pytest's rootdir, relative to the root and with a slash; empty when it is not below."""
    top, folder = root.resolve(), Path(rootdir).resolve()
    return f"{folder.relative_to(top).as_posix()}/" if top in folder.parents else ""


def _leave_out(baseline: Baseline, policy: Policy, rootdir: str) -> list[int]:
    """Note the excluded tests, and return the indices of the others."""
    chosen = []
    for index, item in enumerate(baseline.items):
        ids = {item.test, item.test.removeprefix(rootdir)}
        rule = next((each for each in policy.tests.exclude if _matches(each, item, ids)), None)
        if rule is None:
            chosen.append(index)
            continue
        pattern = rule.test or f"marker {rule.marker}"
        baseline.exclusions.append(
            Exclusion(item.test, pattern, rule.reason, rule.owner, rule.expires)
        )
    return chosen


def _matches(rule: TestExclusion, item: Item, ids: Collection[str]) -> bool:
    """Say whether a rule leaves out a test, by its id or as pytest prints that: relative to its rootdir."""
    if rule.test is None:
        return rule.marker in item.markers
    # An id as written also matches itself: brackets of parametrized ids are no character class then.
    return rule.test in ids or any(fnmatchcase(test, rule.test) for test in ids)


class _Run:
    """One pass over the suite, with what to do when a worker does not come to its end."""

    def __init__(
        self, supervisor: Supervisor, baseline: Baseline, notify: Callable[[TestOutcome], None]
    ) -> None:
        self._supervisor = supervisor
        self._baseline = baseline
        self._notify = notify
        self._queue: deque[Job] = deque()
        self._suspects: list[int] = []
        self._overdue = Overdue(baseline.items)
        self._restarts = 0

    def go(self, jobs: list[Job], width: int) -> None:
        """Run jobs to their ends, and what they leave undone in new ones."""
        self._queue.extend(jobs)
        for event in drive(self._supervisor, self._queue, width):
            match event:
                case Done():
                    self._done(event)
                case Ended():
                    self._ended(event)

    def go_alone(self) -> None:
        """Run the tests that were under way when a zygote died, one by one, to tell whose fault it was."""
        suspects, self._suspects = self._suspects, []
        self.go([Job(f"suspect {index}", (index,), measured=True) for index in suspects], 1)
        for index in self._suspects:
            self.settle(
                index,
                outcomes.lost(self._baseline.items[index], "it takes the collecting process down"),
            )

    def go_overdue(self, width: int) -> None:
        """Run tests again whose time was up while they computed, to tell slow ones from hung ones."""
        self.go(self._overdue.run_alone(self._supervisor, width), width)
        left = [index for index in self._overdue.ended if index not in self._baseline.outcomes]
        for index in left:
            self.settle(index, self._overdue.settled(index))
            if problem := self._overdue.problem(index):
                self._baseline.problems.append(problem)

    def settle(self, index: int, outcome: TestOutcome) -> None:
        """Note what became of a test."""
        self._baseline.outcomes[index] = outcome
        self._notify(outcome)

    def _done(self, done: Done) -> None:
        item = self._baseline.items[done.item]
        if not done.traced:
            self._baseline.problems.append(
                Problem(
                    item.test,
                    "it replaced the coverage tracer; what ran after that in it was not measured",
                )
            )
        self._baseline.set_up.update(done.set_up)
        self.settle(done.item, outcomes.outcome_of(item, done, self._supervisor.launch.root))

    def _ended(self, ended: Ended) -> None:
        if ended.data is not None and ended.data.exists():
            self._baseline.parts.append(ended.data)
        self._share_imports(ended)
        self._baseline.loaded.update(ended.loaded.items())
        if ended.lost:
            why = f"coverage.py could not measure all of it ({ended.lost})"
            self._baseline.problems.append(Problem(ended.job.name, why))
        if ended.told and ended.job.finish:
            self._baseline.ends.append(ended)
        if ended.ending == "end":
            return
        left = [index for index in ended.job.items if index not in self._baseline.outcomes]
        if not left and ended.told and ended.job.finish:
            return
        if not left:
            self._baseline.problems.append(
                Problem(ended.job.name, f"its worker ended badly: {ended.message}")
            )
            return
        if ended.ending == "orphaned":
            self._orphaned(ended.job, left)
            return
        # Tests run in their order: the first without an outcome is the one that the worker ended in.
        if not self._overdue.doubts(left[0], ended):
            self.settle(left[0], outcomes.outcome_of_end(self._baseline.items[left[0]], ended))
        self._go_on(ended.job, left[1:])

    def _share_imports(self, ended: Ended) -> None:
        """What one share imported late, the next would import again: let them find it there.

        Only modules outside the project are meant; after an earlier test they are there anyway.
        """
        late = [module for module in ended.late if module not in self._baseline.late]
        self._baseline.late.update(dict.fromkeys(late))
        if late:
            self._supervisor.begin_preload(late)

    def _orphaned(self, job: Job, left: list[int]) -> None:
        self._restarts += 1
        self._suspects.append(left[0])
        if self._restarts <= RESTARTS:
            self._go_on(job, left[1:])

    def _go_on(self, job: Job, left: list[int]) -> None:
        if left:
            self._queue.appendleft(Job(f"{job.name} from {left[0]}", tuple(left), job.measured))
