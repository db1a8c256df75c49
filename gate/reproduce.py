"""Prove again what the results say of one mutant: its tests on the original and on the mutant."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from gate.errors import MissingEvidenceError, UsageError
from gate.measure.launch import launch
from gate.model import MutantResult
from gate.mutate.campaign import make_again
from gate.mutate.engine import Engine
from gate.mutate.jobs import Jobs
from gate.mutate.killers import Killers
from gate.mutate.plans import MutantPlan
from gate.mutate.stage import run_controls
from gate.request import (
    Request,
    chosen_interpreter,
    read_subject,
    scratch_folder,
    suite_limits,
)
from gate.supervise.supervisor import Supervisor
from gate.supervise.zygote import Collected

# Nothing is known of how long a test takes but how long its mutant took.
LEAST_SECONDS = 1.0


class Stages(Protocol):
    """Who wants to know what is being done."""

    def stage(self, name: str) -> None:
        """A stage begins."""

    def note(self, line: str) -> None:
        """Something is said that stays on the screen."""


def reproduce(request: Request, before: MutantResult, stages: Stages) -> MutantResult:
    """Run the killer of a mutant, or all tests that ran a survivor, in fresh workers.

    `before` is what the results say of the mutant.

    Raises UsageError when the source holds no such mutant any more, or when nothing can be run for it;
    MissingEvidenceError when a test is gone.
    """
    subject = read_subject(request)
    name = before.mutant.id
    names = [before.killed_by] if before.killed_by else list(before.covered_by)
    if not names:
        raise UsageError(f"mutant {name} has no tests to run: {before.status} {before.reason}")
    choice = chosen_interpreter(request, subject, stages.note)
    stages.stage(f"collecting tests to run mutant {name} again")
    with scratch_folder() as scratch:
        plan = launch(
            subject.root, subject.policy, subject.files, scratch, choice.path, choice.lent
        )
        with Supervisor(replace(plan, mutate=True), suite_limits(subject.policy)) as supervisor:
            supervisor.begin()
            (mutant,) = make_again(subject.root, before.mutant.path, [name])
            collected = supervisor.collect()
            tests = _indices(collected, names)
            seconds = dict.fromkeys(tests, max(LEAST_SECONDS, before.seconds))
            jobs = Jobs(collected, supervisor.launch.options, seconds)
            engine = Engine(supervisor, jobs, Killers(), 1)
            at_once = () if mutant.moment == "import" else tests
            stages.stage("running its test" if len(tests) == 1 else f"running {len(tests)} tests")
            mutant_plan = MutantPlan(mutant, at_once, tests)
            *_, result = engine.run([mutant_plan])
            if before.status == "Pending":
                # It may be so because of its function's control, which only other mutants can spare.
                controlled = run_controls(engine, [mutant_plan], {result.mutant.id: result})
                result = next(controlled, result)
            return result


def _indices(collected: Collected, names: list[str]) -> tuple[int, ...]:
    index = {item.test: number for number, item in enumerate(collected.items)}
    for name in names:
        if name not in index:
            raise MissingEvidenceError(f"{name} is not collected any more", "run gate mutate again")
    return tuple(index[name] for name in names)
