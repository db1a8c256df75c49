"""Run planned mutants on this machine's workers, a kill only with its certificate.

A test kills a mutant when it runs alone in a fresh fork, passes on the original and fails on the mutant. The
original has unchanged code put in place by the machinery of mutants: a test that notices that kills nothing.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gate.errors import MissingEvidenceError
from gate.measure import outcomes
from gate.model import RED, ControlRun, MutantResult, Status
from gate.mutate.caged import Caged, failure_of
from gate.mutate.certificates import Originals, Sound, looks, soundness, status_of
from gate.mutate.controls import Controls
from gate.mutate.edits import Edits
from gate.mutate.jobs import Jobs
from gate.mutate.killers import Killers
from gate.mutate.plans import NEUTRAL, UNCHANGED, Failure, Kind, MutantPlan, Route, Trial
from gate.supervise.jobs import Done, Ended
from gate.supervise.supervisor import Supervisor

UNPLACED = "it could not be put in place: "
# So many tests may fail under a mutant and pass under it alone, before it is given up as unresolved.
MOST_DOUBTS = 10
# So often may no worker be found for a mutant before the engine gives up on all that are left.
FAILURES = 3

_Step = tuple[Trial, Kind, tuple[int, ...]]


class Engine:
    """Runs mutants from one collected zygote, `width` at a time.

    `routes` says how each that was run got in place at last; `loaded` are the files that the collection
    imported, `caged` the tests that take no part. With `every` no mutant survives of which one takes none.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        jobs: Jobs,
        killers: Killers,
        width: int,
        *,
        every: bool = False,
    ) -> None:
        self.failure = ""
        self.routes: dict[str, Route] = {}
        self.loaded = jobs.loaded
        self.caged = Caged([item.test for item in jobs.items])
        self._supervisor = supervisor
        self._make = jobs
        self._width = width
        self._every = every
        self._edits = Edits(supervisor.launch.root)
        self.controls = Controls(self._edits)
        self._killers = killers
        self._queue: deque[_Step] = deque()
        self._jobs: dict[str, tuple[Trial, Kind]] = {}
        self._in_company: set[str] = set()
        self._orphans: deque[_Step] = deque()
        self._exclusive = False
        self._failed: dict[str, tuple[int, Failure]] = {}
        self._originals = Originals()
        self._killed: dict[str, Trial] = {}
        self._survivors: list[Trial] = []
        self._failures: Counter[Route] = Counter()
        self._finished: list[MutantResult] = []

    def run(self, plans: Iterable[MutantPlan], *, again: bool = True) -> Iterator[MutantResult]:
        """Yield a result for each plan, as they finish; a later one for the same mutant replaces it.

        With `again` some killers are looked at again at the end. Where no worker can be started any more,
        `failure` says why; plans not begun have no result then.
        """
        yield from self._until_idle(iter(plans))
        if again:
            # A test that is red now and then would kill at random: who killed much is looked at again.
            self._look_again()
            yield from self._until_idle(iter(()))
        self._leave()
        # A test that passed under a mutant may have been found to take no part only after that.
        survivors, self._survivors = self._survivors, []
        for trial in survivors:
            if why := self.caged.unheard(trial, every=self._every):
                self._finish(trial, "Pending", why)
        yield from self._take()

    def control_run(self) -> ControlRun:
        """Sum up what the controls have said."""
        return self.controls.told([item.test for item in self._make.items])

    def _until_idle(self, source: Iterator[MutantPlan]) -> Iterator[MutantResult]:
        while True:
            self._fill(source)
            yield from self._take()
            # A job whose end is not heard yet is no longer running for the supervisor.
            if not self._jobs:
                if (self._queue or self._orphans) and not self.failure:
                    continue
                return
            self._hear()
            yield from self._take()

    def _fill(self, source: Iterator[MutantPlan]) -> None:
        while len(self._jobs) < self._width and not self.failure:
            if self._exclusive and self._jobs:
                return
            self._exclusive = bool(self._orphans)
            if self._exclusive:
                if not self._jobs:
                    self._submit(*self._orphans.popleft())
                continue
            if self._queue:
                self._submit(*self._queue.popleft())
                continue
            plan = next(source, None)
            if plan is None:
                return
            self._begin(plan)

    def _take(self) -> list[MutantResult]:
        finished, self._finished = self._finished, []
        return finished

    def _begin(self, plan: MutantPlan) -> None:
        if plan.importing:
            self._begin_import(Trial(plan, "import", ()), plan.importing)
            return
        later = self._killers.order(plan.mutant, plan.tests)
        self._go_later(Trial(plan, "switch", (), later=later))

    def _begin_import(self, trial: Trial, tests: tuple[int, ...]) -> None:
        """Take the route before import, where a mutant that does not compile would be a failed import."""
        if why := self._edits.why_not_compiled(trial.plan.mutant):
            self._finish(trial, "CompileError", why)
            return
        trial.route, trial.ran = "import", 0
        fit = self.caged.without("import", tests)
        sound = [test for test in fit if test not in trial.unsound]
        ordered = self._killers.order(trial.plan.mutant, sound)
        trial.left, trial.later = self._make.by_file(ordered)
        if trial.left:
            self._queue.append((trial, "mutant", trial.left))
        else:
            self._survived(trial)

    def _submit(self, trial: Trial, kind: Kind, tests: tuple[int, ...]) -> None:
        job = self._make.job(kind, trial.route, tests, self._edit(trial, kind), slow=trial.slow)
        if self._failures[trial.route] >= FAILURES:
            self._no_worker(trial, kind, "it failed too often")
            return
        self._jobs[job.name] = (trial, kind)
        if len(self._jobs) > 1:
            self._in_company.update(self._jobs)
        try:
            self._supervisor.submit(job)
        except MissingEvidenceError as error:
            del self._jobs[job.name]
            self._no_worker(trial, kind, error.message)

    def _edit(self, trial: Trial, kind: Kind) -> Mapping[str, Any] | None:
        if kind == "original":
            return None
        mutant = trial.plan.mutant
        return self._edits.of(self.controls.neutral(mutant) if kind in NEUTRAL else mutant)

    def _no_worker(self, trial: Trial, kind: Kind, why: str) -> None:
        reason = f"no worker could be started: {why.splitlines()[0]}"
        self._failures[trial.route] += 1
        if self._failures["switch"] >= FAILURES:
            self.failure = self.failure or reason
        stuck = [trial]
        if kind in UNCHANGED:
            stuck = self._originals.give_up(trial.route, trial.suspect)
        for each in stuck:
            self._finish(each, "Pending", reason)

    def _done(self, done: Done) -> None:
        trial, kind = self._jobs[done.job.name]
        trial.ran += kind in ("mutant", "alone")
        trial.seconds += done.seconds
        if kind in UNCHANGED:
            self._make.learn(done.item, done.seconds)
        item = self._make.items[done.item]
        if outcomes.outcome_of(item, done, self._supervisor.launch.root).outcome in RED:
            failure = failure_of(done.phases, self._supervisor.launch.root)
            self._failed[done.job.name] = done.item, failure

    def _ended(self, ended: Ended) -> None:
        trial, kind = self._jobs.pop(ended.job.name)
        failed, failure = self._failed.pop(ended.job.name, (None, None))
        trial.seconds += ended.seconds
        over, item = ended.ending == "end", ended.item
        if ended.ending == "orphaned" and ended.job.name in self._in_company:
            # Any of those that ran beside it may have ended them all: it runs again with none beside it.
            self._orphans.append((trial, kind, ended.job.items))
            return
        match kind:
            case "neutral" | "again" | "original":
                self._original(trial, kind, ended, failure)
            case _ if over and failed is None:
                self._passed(trial, kind)
            case _ if failed is not None and failure is not None and failure.denied:
                # Without the guard the test might have passed, and written where it should not.
                trial.kept_from(failed, failure)
                self._ask_original(trial)
            case _ if over and failed is not None:
                first = ended.job.items[0] == failed and self._by_itself(ended)
                trial.suspected(failed, proved=kind == "alone" or first)
                self._ask_original(trial)
            case _ if item is None:
                self._not_in_place(trial, ended.message)
            case _:
                # A worker that ended badly: once is a suspicion, twice with the same test alone is a fact.
                trial.suspected(item, ended.ending, ended.message, proved=kind == "alone")
                self._ask_original(trial)

    def _by_itself(self, ended: Ended) -> bool:
        """Say whether the first test of a job had no other test file imported before it."""
        if not ended.job.at_import:
            return True
        return len({self._make.items[test].path for test in ended.job.items}) == 1

    def _passed(self, trial: Trial, kind: Kind) -> None:
        if kind == "mutant":
            self._go_later(trial)
            return
        trial.doubted += 1
        trial.slow = trial.slow or trial.ending == "timeout"
        if trial.doubted < MOST_DOUBTS:
            self._go_on(trial)
        else:
            why = f"{trial.doubted} tests fail under it in company and pass alone"
            self._finish(trial, "Pending", why)

    def _survived(self, trial: Trial) -> None:
        if trial.late:
            # Its function ran before the change was in the live one: what it left then is not changed.
            self._finish(trial, "Pending", f"{UNPLACED}{trial.late}")
        elif trial.plan.afterwards and trial.route == "switch":
            self._begin_import(trial, trial.plan.afterwards)
        elif trial.denied:
            self._finish(trial, "Pending", self.caged.only_there(*trial.denied[0]))
        elif why := self.caged.unheard(trial, every=self._every):
            self._finish(trial, "Pending", why)
        elif trial.ran:
            self._survivors.append(trial)
            self._finish(trial, "Survived", self.caged.why(trial.route, trial.asked))
        else:
            self._finish(trial, "Pending", "none of its tests came to run under it")

    def _not_in_place(self, trial: Trial, why: str) -> None:
        """Live functions cannot carry every mutant: those that cannot are put in place before import.

        A file that is imported before any change can be there leaves the live function: there a kill counts.
        """
        plan = trial.plan
        if trial.route == "switch" and not trial.late:
            self._begin_import(trial, plan.afterwards or plan.tests)
        elif trial.route == "import" and plan.importing and plan.tests and not trial.ran:
            trial.route, trial.late = "switch", why
            trial.later = self._killers.order(plan.mutant, plan.tests)
            self._go_later(trial)
        else:
            self._finish(trial, "Pending", f"{UNPLACED}{trial.late or why}")

    def _ask_original(self, trial: Trial) -> None:
        """One half of a certificate: the test alone passes on the original; asked once a test.

        It is asked first, because how long it takes there, alone, is what limits it on the mutant.
        """
        known = self._originals.known(trial)
        if known is not None:
            self._certify(trial, known)
        elif self._originals.wait(trial):
            self._submit(trial, "neutral", (trial.suspect,))

    def _original(self, trial: Trial, kind: Kind, ended: Ended, failure: Failure | None) -> None:
        """Hear what a test says of unchanged code; one that objects is asked of the bare original, too.

        One that is kept from writing or from the network objects to that, and not to what was put in place.
        """
        (test,), route = ended.job.items, trial.route
        self._make.learn_imports(ended.imports)
        sound = soundness(route, ended, None if failure is None else test)
        denied = failure is not None and failure.denied
        if sound == "no" and (denied or kind == "original"):
            self.caged.note(route, test, failure or Failure("other", ended.message))
        if kind in NEUTRAL and sound != "yes" and not denied:
            bare = Trial(trial.plan, route, (test,))
            bare.suspected(test)
            self._submit(bare, "original", (test,))
        if kind in NEUTRAL:
            # What live functions cannot carry says nothing.
            if (sound != "cannot" or route == "import") and not denied:
                self.controls.ran(route, test, passed=sound == "yes")
            if sound == "cannot":
                return
        elif sound != "yes":
            self.controls.excuse(route, test)
        elif self.controls.noticed(route, test):
            sound = "no"
        for each in self._originals.settle(route, test, sound):
            self._certify(each, sound)
        if sound != "yes":
            self._take_back(route, test)

    def _certify(self, trial: Trial, sound: Sound) -> None:
        if sound == "cannot":
            trial.unrunnable += 1
        if trial.unrunnable >= FAILURES:
            self._finish(trial, "Pending", f"its tests cannot be run before import: {trial.reason}")
            return
        if sound != "yes":
            self._go_on(trial, unsound=sound == "no")
            return
        if trial.failure is not None:
            trial.denied.append((trial.suspect, trial.failure))
            self._go_on(trial)
            return
        if not trial.proved:
            self._queue.appendleft((trial, "alone", (trial.suspect,)))
            return
        self._killers.remember(trial.plan.mutant, trial.suspect)
        self._killed[trial.plan.mutant.id] = trial
        self._finish(trial, status_of(trial), trial.reason, trial.suspect)

    def _go_on(self, trial: Trial, *, unsound: bool = False) -> None:
        """The suspect is no evidence: try the tests that have not run yet."""
        if unsound:
            self.controls.void(trial.route, trial.suspect)
        trial.left = self.caged.without(trial.route, trial.cleared(unsound=unsound))
        if trial.left:
            self._queue.appendleft((trial, "mutant", trial.left))
        else:
            self._go_later(trial)

    def _go_later(self, trial: Trial) -> None:
        trial.left, trial.later = self.caged.without(trial.route, trial.later), ()
        if trial.left:
            self._queue.appendleft((trial, "mutant", trial.left))
        else:
            self._survived(trial)

    def _look_again(self) -> None:
        for look in list(looks(self._killed.values())):
            if self.failure:
                return
            self._submit(look, "again", look.left)
            while len(self._jobs) >= self._width:
                self._hear()

    def _hear(self) -> None:
        events = list(self._supervisor.events())
        if not events:
            raise AssertionError("a job that was begun has an end")
        for event in events:
            match event:
                case Done():
                    self._done(event)
                case Ended():
                    self._ended(event)

    def _leave(self) -> None:
        """What was begun and can go on no more is unresolved, whatever it seemed to be before."""
        for trial, kind, _ in self._orphans:
            stuck = [trial]
            if kind in UNCHANGED:
                stuck = self._originals.give_up(trial.route, trial.suspect)
            self._queue.extend((each, kind, ()) for each in stuck)
        while self._queue:
            self._finish(self._queue.popleft()[0], "Pending", self.failure)

    def _take_back(self, route: str, test: int) -> None:
        """Void the kills of a test that fails on the original; their mutants run on without it."""
        for name, trial in list(self._killed.items()):
            if (trial.route, trial.suspect) == (route, test):
                del self._killed[name]
                self._go_on(trial, unsound=True)

    def _finish(
        self, trial: Trial, status: Status, reason: str = "", killer: int | None = None
    ) -> None:
        items = self._make.items
        self.routes[trial.plan.mutant.id] = trial.route
        self._finished.append(
            MutantResult(
                mutant=trial.plan.mutant,
                status=status,
                reason=reason,
                killed_by=None if killer is None else items[killer].test,
                covered_by=tuple(items[test].test for test in trial.plan.covering),
                seconds=trial.seconds,
            )
        )
