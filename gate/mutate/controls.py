"""The controls of a run: edits that no test may notice, edits that some test must, and what came of both.

A neutral control puts unchanged code in place as a mutant is put there; it is the original on which a killer
has to pass. A positive control raises at the entry of a function of which no mutant was detected: a kill
proves as much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from gate.model import DETECTED, ControlRun, FailedControl, Mutant, MutantResult
from gate.mutate.edits import Edits
from gate.mutate.entries import Entries
from gate.mutate.plans import MutantPlan, Route
from gate.mutate.text import Splice

UNNOTICED = "no test notices when its function raises at its entry, so that they pass says nothing"
UNKNOWN = "whether its tests notice when its function raises at its entry is not known: "

Place = tuple[str, int]
Run = Callable[[Iterable[MutantPlan]], Iterable[MutantResult]]


class Controls:
    """Makes controls, and keeps what they said; each file is parsed once."""

    def __init__(self, edits: Edits) -> None:
        self.positive = 0
        self.unnoticed: list[str] = []
        self._edits = edits
        self._entries: dict[str, Entries] = {}
        self._neutral = 0
        self._noticed: set[tuple[Route, int]] = set()
        self._void: Counter[int] = Counter()

    def neutral(self, mutant: Mutant) -> Mutant:
        """Give an edit of a mutant's function, or of its module, that changes nothing."""
        return _edited(mutant, self._of(mutant.path).unchanged(mutant))

    def raising(self, mutant: Mutant) -> Mutant:
        """Give the edit by which the function of a mutant, which has a place, raises as soon as it runs."""
        return _edited(mutant, self._of(mutant.path).raising(mutant))

    def place(self, mutant: Mutant) -> Place | None:
        """Tell functions apart; None for what is not put into one."""
        if mutant.moment == "import":
            return None
        start = self._of(mutant.path).function(mutant)
        return None if start is None else (mutant.path, start)

    def ran(self, route: Route, test: int, *, passed: bool) -> None:
        """Note that a neutral control ran, and whether its test did not notice it."""
        self._neutral += 1
        if not passed:
            self._noticed.add((route, test))

    def noticed(self, route: Route, test: int) -> bool:
        """Say whether a test has failed under a neutral control."""
        return (route, test) in self._noticed

    def excuse(self, route: Route, test: int) -> None:
        """Forget that a test failed under a neutral control: it fails on the bare original too."""
        self._noticed.discard((route, test))

    def void(self, route: Route, test: int) -> None:
        """Count a kill that is void because its test notices neutral controls."""
        if self.noticed(route, test):
            self._void[test] += 1

    def told(self, tests: Sequence[str]) -> ControlRun:
        """Sum up; `tests` are the ids of the collection."""
        failed = sorted({test for _, test in self._noticed})
        return ControlRun(
            positive=self.positive,
            unnoticed=tuple(self.unnoticed),
            neutral=self._neutral,
            failed=tuple(FailedControl(tests[test], self._void[test]) for test in failed),
        )

    def _of(self, path: str) -> Entries:
        if path not in self._entries:
            self._entries[path] = Entries(path, self._edits.text(path))
        return self._entries[path]


def unproved(
    controls: Controls,
    plans: Iterable[MutantPlan],
    results: Mapping[str, MutantResult],
    routes: Mapping[str, Route],
) -> list[list[MutantPlan]]:
    """Give the survivors of each function in which nothing says that its mutants were really in place.

    `results` are those of `plans`, and `routes` how what was run got in place, both by the mutant's id.
    """
    survivors: dict[Place, list[MutantPlan]] = {}
    proved: set[tuple[Place, Route]] = set()
    for plan in plans:
        status = results[plan.mutant.id].status
        if status not in DETECTED | {"Survived"}:
            continue
        place = controls.place(plan.mutant)
        if place is not None and status in DETECTED:
            proved.add((place, routes[plan.mutant.id]))
        elif place is not None:
            survivors.setdefault(place, []).append(plan)

    def is_open(place: Place, plan: MutantPlan) -> bool:
        # Who survived before import was imported anew: there any kill of its function proves enough.
        at_import = routes.get(plan.mutant.id) == "import" and (place, "import") in proved
        return not at_import and (place, "switch") not in proved

    left = (
        [plan for plan in of_place if is_open(place, plan)] for place, of_place in survivors.items()
    )
    return [of_place for of_place in left if of_place]


def unnoticed(
    controls: Controls, run: Run, functions: Sequence[Sequence[MutantPlan]]
) -> Iterator[tuple[MutantPlan, str]]:
    """Let functions raise, and give the survivors of those where no test notices, each with the reason."""
    raising = {}
    for survivors in functions:
        plan = _control(controls, survivors)
        raising[plan.mutant.id] = (plan, survivors)
    results = {result.mutant.id: result for result in run(plan for plan, _ in raising.values())}
    for name, (_, survivors) in raising.items():
        result = results.get(name)
        controls.positive += 1
        if result is not None and result.status in DETECTED:
            continue
        first = survivors[0].mutant
        controls.unnoticed.append(f"{first.path}::{first.function}")
        why = UNNOTICED
        if result is None or result.status != "Survived":
            why = f"{UNKNOWN}{result.reason if result else 'it was not run'}"
        yield from ((plan, why) for plan in survivors)


def _control(controls: Controls, survivors: Sequence[MutantPlan]) -> MutantPlan:
    """Plan the control of one function, with all tests that ran its survivors."""
    return MutantPlan(
        controls.raising(survivors[0].mutant),
        tuple(dict.fromkeys(test for plan in survivors for test in plan.tests)),
        tuple(dict.fromkeys(test for plan in survivors for test in plan.importing)),
    )


def _edited(mutant: Mutant, splice: Splice) -> Mutant:
    """Make an edit with all the keys of the mutant's own, so that a worker finds nothing else to tell by."""
    return replace(
        mutant,
        id=f"{mutant.path}:{splice.start} {splice.replacement.strip()}",
        start=splice.start,
        end=splice.end,
        replacement=splice.replacement,
        moment="import" if mutant.unit is None else "call",
        parameter="",
        default="",
    )
