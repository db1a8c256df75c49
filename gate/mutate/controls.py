"""The controls of a run: edits that no test may notice, edits that some test must, and what came of both.

A neutral control puts unchanged code in place as a mutant is put there; it is the original on which a killer
has to pass. A positive control raises at the entry of a function of which no mutant was detected, or at the
beginning of a file of which none was detected before import: a kill proves as much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gate.model import DETECTED, ControlRun, FailedControl, Mutant, MutantResult
from gate.mutate.edits import Edits
from gate.mutate.entries import Entries
from gate.mutate.plans import MutantPlan, Route
from gate.mutate.text import Splice

UNNOTICED = "no test notices when its function raises at its entry, so that they pass says nothing"
UNPLACED = "no test notices when its function raises at its entry, and nothing shows that it can be changed"
UNPLACED_FILE = (
    "no test notices when its file raises as soon as it is imported: the change was never in place"
)
UNKNOWN = "whether its tests notice when its function raises at its entry is not known: "
UNKNOWN_FILE = "whether its tests notice when its file raises as it is imported is not known: "

Place = tuple[str, int]
Run = Callable[[Iterable[MutantPlan]], Iterable[MutantResult]]


class Controls:
    """Makes controls, and keeps what they said; each file is parsed once."""

    def __init__(self, edits: Edits) -> None:
        self.positive = 0
        self.unnoticed: list[str] = []
        self.unplaced: list[str] = []
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

    def raising_at_import(self, mutant: Mutant) -> Mutant:
        """Give the edit by which the file of a mutant raises as soon as it is imported."""
        at_import = replace(mutant, unit=None)
        return _edited(at_import, self._of(mutant.path).raising_at_import())

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
            unplaced=tuple(self.unplaced),
            neutral=self._neutral,
            failed=tuple(FailedControl(tests[test], self._void[test]) for test in failed),
        )

    def _of(self, path: str) -> Entries:
        if path not in self._entries:
            self._entries[path] = Entries(path, self._edits.text(path))
        return self._entries[path]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Survivors that were perhaps never in place, or that no test reaches; one control speaks for them all.

    It raises in their function, or in their `file` as it is imported. `route` is how they were put in place.
    `placed` says whether that is known to work: then a raise that nobody notices has been swallowed.
    """

    survivors: tuple[MutantPlan, ...]
    route: Route
    file: bool
    placed: bool


def unproved(
    controls: Controls,
    plans: Iterable[MutantPlan],
    results: Mapping[str, MutantResult],
    routes: Mapping[str, Route],
    loaded: Collection[str],
) -> list[Doubt]:
    """Gather the survivors of which nothing says that they were really in place, and reached.

    `results` are those of `plans`, and `routes` how what was run got in place, both by the mutant's id.
    `loaded` are the files that the collection imported: of them, live functions carry a change or refuse it.
    """
    proved: set[tuple[Place | str, Route]] = set()
    survivors: list[tuple[MutantPlan, Route]] = []
    for plan in plans:
        status = results[plan.mutant.id].status
        at_import = plan.importing or plan.afterwards
        route = routes.get(plan.mutant.id) or ("import" if at_import else "switch")
        if status == "Survived":
            survivors.append((plan, route))
        elif status in DETECTED:
            place = controls.place(plan.mutant)
            proved |= {(each, route) for each in (place, plan.mutant.path) if each is not None}
    doubts: dict[tuple[Place | str, Route], list[MutantPlan]] = {}
    for plan, route in survivors:
        wanted = _wanted(controls.place(plan.mutant), plan.mutant.path, route, proved)
        if (wanted, route) not in proved:
            doubts.setdefault((wanted, route), []).append(plan)
    return [
        _doubt(of_subject, subject, route, proved, loaded)
        for (subject, route), of_subject in doubts.items()
    ]


def _wanted(
    place: Place | None, path: str, route: Route, proved: Container[tuple[Place | str, Route]]
) -> Place | str:
    """Say what has to be proved on the route of a survivor: its function, or its file.

    Before import the whole file is changed. Of a function that tests reach when it is live, it is then enough
    that changes of its file get in place.
    """
    if place is None:
        return path
    reached = route == "import" and (place, "switch") in proved and (place, route) not in proved
    return path if reached else place


def _doubt(
    survivors: Sequence[MutantPlan],
    subject: Place | str,
    route: Route,
    proved: Container[tuple[Place | str, Route]],
    loaded: Collection[str],
) -> Doubt:
    path = survivors[0].mutant.path
    placed = (path, route) in proved or (route == "switch" and path in loaded)
    return Doubt(tuple(survivors), route, subject == path, placed)


def unnoticed(
    controls: Controls, run: Run, doubts: Sequence[Doubt]
) -> Iterator[tuple[MutantPlan, str]]:
    """Let functions and files raise, and give the survivors where no test notices, with the reason."""
    raising = {}
    for doubt in doubts:
        plan = _control(controls, doubt)
        raising[plan.mutant.id, doubt.route] = (plan, doubt)
    results = {}
    for route in ("switch", "import"):
        plans = [plan for (_, taken), (plan, _) in raising.items() if taken == route]
        results.update({(result.mutant.id, route): result for result in run(plans)})
    for name, (_, doubt) in raising.items():
        result = results.get(name)
        controls.positive += 1
        if result is not None and result.status in DETECTED:
            continue
        first = doubt.survivors[0].mutant
        named = first.path if doubt.file else f"{first.path}::{first.function}"
        (controls.unnoticed if doubt.placed else controls.unplaced).append(named)
        why = _why(doubt, result)
        yield from ((plan, why) for plan in doubt.survivors)


def _why(doubt: Doubt, result: MutantResult | None) -> str:
    if result is None or result.status != "Survived":
        unknown = UNKNOWN_FILE if doubt.file else UNKNOWN
        return f"{unknown}{result.reason if result else 'it was not run'}"
    if doubt.file:
        return UNPLACED_FILE
    return UNNOTICED if doubt.placed else UNPLACED


def _control(controls: Controls, doubt: Doubt) -> MutantPlan:
    """Plan the control of some survivors, with all tests that ran them, on the route that they took."""
    first = doubt.survivors[0].mutant
    tests = tuple(dict.fromkeys(test for plan in doubt.survivors for test in plan.tests))
    at_import = (plan.importing or plan.afterwards for plan in doubt.survivors)
    importing = tuple(dict.fromkeys(test for tests in at_import for test in tests))
    if doubt.file:
        return MutantPlan(controls.raising_at_import(first), (), importing or tests)
    return MutantPlan(
        controls.raising(first), tests, (importing or tests) if doubt.route == "import" else ()
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
