"""The mutation stage: mutants to plans, plans to results, with what earlier runs remember."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from gate.measure.suite import Baseline
from gate.model import Mutant, MutantResult, MutationRun, Problem, SourceFile
from gate.mutate.campaign import Campaign, in_turn
from gate.mutate.controls import unnoticed, unproved
from gate.mutate.engine import Engine
from gate.mutate.history import History, open_history
from gate.mutate.jobs import Jobs
from gate.mutate.killers import Killers
from gate.mutate.plans import MutantPlan
from gate.mutate.select import Selection
from gate.source.imports import ImportGraph
from gate.supervise.supervisor import Supervisor

Notify = Callable[[MutantResult], None]

# From so many forks on, making the memory of the process cheap to fork pays.
MANY = 50
BUDGET = "the budget was used up"


@dataclass(frozen=True, slots=True)
class Material:
    """What the stage works on: the measured suite, and the code as the judge reads it.

    `data_file` holds the suite's coverage with contexts; `key` stands for all that a survivor depends on.
    """

    baseline: Baseline
    data_file: Path
    sources: Mapping[str, SourceFile]
    imports: ImportGraph
    history: Path
    key: str


def mutate(
    supervisor: Supervisor,
    material: Material,
    mutants: Sequence[Mutant],
    campaign: Campaign,
    width: int,
    notify: Notify,
) -> MutationRun:
    """Run the mutants of a campaign, `width` at a time; what is found out is remembered as it is found."""
    baseline = material.baseline
    selection = Selection(baseline, material.data_file, material.sources, material.imports)
    plans = plan_all(mutants, selection, campaign)
    if any(plan.importing for plan in plans):
        supervisor.begin_seed()
    supervisor.begin_preload((), many=len(plans) >= MANY)
    history, _ = open_history(material.history)
    with history:
        history.load(plan.mutant.id for plan in plans)
        memory = _Memory(history, material.key, baseline)
        killers = memory.killers(plans)
        jobs = Jobs(baseline.collected, supervisor.launch.options, baseline.seconds_by_test())
        engine = Engine(supervisor, jobs, killers, width)
        supervisor.finish_preload()

        def tell(result: MutantResult) -> None:
            history.remember(result, material.key)
            notify(result)

        run = run_plans(engine, plans, campaign, memory.recall, tell)
    lost = (history.note,) if history.note else ()
    notes = (*lost, *what_red_tests_ran(run, selection), *run.notes)
    return replace(run, notes=notes, remembered=memory.recalled)


def plan_all(
    mutants: Sequence[Mutant], selection: Selection, campaign: Campaign
) -> list[MutantPlan]:
    """Choose the tests of every mutant, in the order in which they are to be run."""
    return [
        MutantPlan(mutant, ()) if mutant.ignored else selection.plan(mutant)
        for mutant in map(selection.weighed, in_turn(mutants, campaign))
    ]


def run_plans(
    engine: Engine,
    plans: Sequence[MutantPlan],
    campaign: Campaign,
    recall: Callable[[MutantPlan], MutantResult | None],
    notify: Notify,
) -> MutationRun:
    """Run every plan that is no noise, is covered and cannot be recalled, until the budget is used."""
    started = time.monotonic()
    results = {}
    for plan in plans:
        early = _early(plan) or recall(plan)
        if early is not None:
            results[plan.mutant.id] = early
            notify(early)
    deadline = None if campaign.budget is None else started + campaign.budget
    left = [plan for plan in plans if plan.mutant.id not in results]
    for result in engine.run(_until(deadline, left)):
        results[result.mutant.id] = result
        notify(result)
    for plan in left:
        if plan.mutant.id not in results:
            results[plan.mutant.id] = MutantResult(plan.mutant, "Pending", engine.failure or BUDGET)
    for result in list(run_controls(engine, plans, results)):
        results[result.mutant.id] = result
        notify(result)
    problems = (Problem("mutants", engine.failure),) if engine.failure else ()
    return MutationRun(
        tuple(results.values()),
        core=campaign.files,
        changed=campaign.changed,
        problems=problems,
        seconds=time.monotonic() - started,
        notes=tuple(engine.caged.notes()),
        controls=engine.control_run(),
    )


def run_controls(
    engine: Engine, plans: Sequence[MutantPlan], results: Mapping[str, MutantResult]
) -> Iterator[MutantResult]:
    """Give the survivors that are unresolved, because no test notices when their function or file raises.

    A control is no mutant: it is not remembered, not counted and not listed.
    """
    doubts = unproved(engine.controls, plans, results, engine.routes, engine.loaded)
    run = partial(engine.run, again=False)
    for plan, reason in unnoticed(engine.controls, run, doubts):
        yield replace(results[plan.mutant.id], status="Pending", reason=reason)


def what_red_tests_ran(run: MutationRun, selection: Selection) -> tuple[str, ...]:
    """Say how many undetected mutants are run by tests that are red and so took no part."""
    open_ones = [each for each in run.results if each.status in ("Survived", "NoCoverage")]
    by_red = [red for each in open_ones if (red := selection.red(each.mutant))]
    if not by_red:
        return ()
    tests = len(frozenset[str]().union(*by_red))
    who = "1 red test" if tests == 1 else f"{tests:,} red tests"
    held = "1 mutant that" if len(by_red) == 1 else f"{len(by_red):,} mutants that"
    return (f"{who} took no part; green, they would have run {held} no other test noticed",)


class _Memory:
    """What earlier runs found out: who killed, and which survivors nothing has changed for."""

    def __init__(self, history: History, key: str, baseline: Baseline) -> None:
        self.recalled = 0
        self._history = history
        self._key = key
        self._items = baseline.items
        self._index = {item.test: number for number, item in enumerate(baseline.items)}

    def killers(self, plans: Sequence[MutantPlan]) -> Killers:
        """Recall the killer of each mutant."""
        killers = Killers()
        for plan in plans:
            hint = self._history.hint(plan.mutant.id)
            test = self._index.get(hint.killer) if hint else None
            if test is not None:
                killers.recall(plan.mutant.id, test)
        return killers

    def recall(self, plan: MutantPlan) -> MutantResult | None:
        """Give the result of a survivor that would survive again; every kill is proved anew."""
        if not self._history.survivor(plan.mutant.id, self._key):
            return None
        self.recalled += 1
        covered_by = tuple(self._items[test].test for test in plan.covering)
        return MutantResult(plan.mutant, "Survived", covered_by=covered_by)


def _early(plan: MutantPlan) -> MutantResult | None:
    if plan.mutant.ignored:
        return MutantResult(plan.mutant, "Ignored", plan.mutant.ignored)
    return None if plan.covering else MutantResult(plan.mutant, "NoCoverage")


def _until(deadline: float | None, plans: Sequence[MutantPlan]) -> Iterator[MutantPlan]:
    for plan in plans:
        if deadline is not None and time.monotonic() > deadline:
            return
        yield plan
