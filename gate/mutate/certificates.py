"""The other half of a kill's certificate: what its test said of the original, alone in a fresh worker."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Literal

from gate.model import Status
from gate.mutate.plans import Route, Trial
from gate.supervise.jobs import Ended

# A test that cannot be run on a route at all is no evidence, and no fault of its own.
Sound = Literal["yes", "no", "cannot"]
Key = tuple[Route, int]

# At the end some killers run on unchanged code again: one look for so many kills, and at least so many looks.
KILLS_PER_LOOK = 20
LEAST_LOOKS = 20


class Originals:
    """What tests said of the original, by the route that they took; each is asked once."""

    def __init__(self) -> None:
        self._said: dict[Key, Sound] = {}
        self._waiting: dict[Key, list[Trial]] = {}

    def known(self, trial: Trial) -> Sound | None:
        """What the suspect of a trial has said before, if it was asked."""
        return self._said.get((trial.route, trial.suspect))

    def wait(self, trial: Trial) -> bool:
        """Let a trial wait for its suspect; True when it is the first to ask."""
        waiting = self._waiting.setdefault((trial.route, trial.suspect), [])
        waiting.append(trial)
        return len(waiting) == 1

    def settle(self, route: Route, test: int, sound: Sound) -> list[Trial]:
        """Note what a test said (once no is no for good), and hand out the trials that waited for it."""
        if self._said.get((route, test)) != "no":
            self._said[route, test] = sound
        return self.give_up(route, test)

    def give_up(self, route: Route, test: int) -> list[Trial]:
        """Hand out the trials that waited for a test, which could not be asked."""
        return self._waiting.pop((route, test), [])


def soundness(route: Route, ended: Ended, failed: int | None) -> Sound:
    """Say what the end of a run on the original means; `failed` is the test that was red in it."""
    if ended.ending == "end":
        return "yes" if failed is None else "no"
    stopped_before_import = route == "import" and ended.ending == "stopped"
    return "cannot" if ended.item is None or stopped_before_import else "no"


def status_of(trial: Trial) -> Status:
    """Name the status of a mutant whose suspect is proved and sound."""
    if trial.ending == "end":
        return "Killed"
    return "Timeout" if trial.ending == "timeout" else "RuntimeError"


def looks(killed: Collection[Trial]) -> Iterator[Trial]:
    """Choose the killers that are to run on unchanged code once more, each as a trial of its own.

    Those with most kills come first and most often. The number of looks is a small part of the kills, so
    many killers of a few each have none. Each look is at another function in which the test kills, as long
    as there is one; that of its first kill, which has been looked at, comes last.
    """
    by_killer: dict[Key, dict[str, list[Trial]]] = {}
    for trial in killed:
        mutant = trial.plan.mutant
        functions = by_killer.setdefault((trial.route, trial.suspect), {})
        functions.setdefault(f"{mutant.path}::{mutant.function}", []).append(trial)
    kills = Counter((trial.route, trial.suspect) for trial in killed)
    left = max(LEAST_LOOKS, len(killed) // KILLS_PER_LOOK)
    for (route, test), count in kills.most_common():
        first, *others = by_killer[route, test].values()
        turns = itertools.cycle([*sorted(others, key=len, reverse=True), first])
        for trials in itertools.islice(turns, min(left, -(-count // KILLS_PER_LOOK))):
            left -= 1
            look = Trial(trials[0].plan, route, (test,))
            look.suspected(test)
            yield look
