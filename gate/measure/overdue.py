"""Tests whose time was up while they computed: are they slow, or is it what measuring costs?

A time-out under the tracer is doubt. Such a test runs once more, alone and without the tracer, under the same
limit. When it comes to its end there, it is measured again alone, with a limit that the tracer fits in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from gate.measure import outcomes
from gate.model import RED, Problem, TestOutcome
from gate.supervise.jobs import Done, Ended, Job
from gate.supervise.supervisor import Supervisor
from gate.supervise.zygote import Item

# The part of its time that a test must have computed: what waits does not wait longer under a tracer.
COMPUTED = 0.1
# After so many that are red without the tracer as well, the others are taken for the same.
MOST_HUNG = 2
# A measured test may take so many times what it took alone, beside its limit.
TRACED = 20.0


class Overdue:
    """Time-outs in doubt, by the index of the test: how each ended, and what became of it `alone`."""

    def __init__(self, items: tuple[Item, ...]) -> None:
        self.items = items
        self.ended: dict[int, Ended] = {}
        self.alone: dict[int, TestOutcome] = {}

    def doubts(self, index: int, ended: Ended) -> bool:
        """Note the time-out of a test that may only be slow, and say whether it may."""
        computing = ended.computed >= COMPUTED * ended.seconds
        if ended.ending != "timeout" or not ended.job.measured or not computing:
            return False
        self.ended[index] = ended
        return True

    def run_alone(self, supervisor: Supervisor, width: int) -> list[Job]:
        """Run them without the tracer; returns the jobs that measure those which did not hang."""
        if not self.ended:
            return []
        waiting, hung = deque(self.ended), 0
        while waiting and hung < MOST_HUNG:
            batch = [waiting.popleft() for _ in range(min(width, len(waiting)))]
            self._run(supervisor, batch)
            hung += sum(index not in self._ending() for index in batch)
        most = supervisor.limits.test
        return [
            Job(f"slow {index}", (index,), measured=True, limits={index: most + TRACED * seconds})
            for index, seconds in self._ending().items()
        ]

    def settled(self, index: int) -> TestOutcome:
        """What became of a test that has not come to its end under the tracer."""
        known = self.alone.get(index)
        return known or outcomes.outcome_of_end(self.items[index], self.ended[index])

    def problem(self, index: int) -> Problem | None:
        """Say what is missing of a test that ends without the tracer."""
        if index not in self._ending():
            return None
        took, computed = self.alone[index].seconds, self.ended[index].computed
        return Problem(
            self.items[index].test,
            f"slow under measurement: it ends in {took:.1f} s without coverage, and had not ended after "
            f"{computed:.1f} s of processor time with it; what it covers is missing: raise [tests] timeout",
        )

    def _ending(self) -> Mapping[int, float]:
        """The seconds of those that came to their end, and were not red there."""
        return {
            index: outcome.seconds
            for index, outcome in self.alone.items()
            if outcome.outcome not in RED
        }

    def _run(self, supervisor: Supervisor, batch: list[int]) -> None:
        for index in batch:
            supervisor.submit(Job(f"alone {index}", (index,)))
        while supervisor.running:
            for event in supervisor.events():
                match event:
                    case Done(item=index):
                        root = supervisor.launch.root
                        self.alone[index] = outcomes.outcome_of(self.items[index], event, root)
                    case Ended(item=int(index)):
                        self.alone[index] = outcomes.outcome_of_end(self.items[index], event)
