"""Neutral controls: tests run with unchanged code put in place, by the machinery that mutants are put in by.

    python benchmarks/neutral.py [SUBJECT...] [--controls N] [--seed N] [--work DIR]

Every function of a subject's files that holds a mutant, and every module with mutants of import time, gets
one of the tests that ran it, drawn by seed, then another, until there are N. A test that fails is run again,
and on the bare original. Prints a table, and each test that failed and passes on the original.
"""

from __future__ import annotations

import os
import random
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from subjects import (
    Subject,
    chosen,
    copy,
    environment,
    interpreter,
    parser,
    policy_text,
    say,
    work_folder,
)

from gate.measure import outcomes
from gate.measure.baseline import run_suite
from gate.measure.coverage import combine
from gate.measure.launch import launch
from gate.model import RED, Mutant
from gate.mutate.controls import Controls
from gate.mutate.edits import Edits
from gate.mutate.generate import generate
from gate.mutate.jobs import Jobs
from gate.mutate.plans import Kind, Route
from gate.mutate.select import Selection
from gate.progress import PlainProgress
from gate.request import Request, read_subject, scratch_folder, suite_limits
from gate.source.code import read_sources
from gate.source.imports import ImportGraph
from gate.supervise.jobs import Done, Ended
from gate.supervise.supervisor import Supervisor

Said = Literal["passed", "failed", "not placed"]


@dataclass(frozen=True, slots=True)
class Control:
    """Unchanged code of one function or module, and a test that ran it, by its index."""

    name: str
    neutral: Mutant
    route: Route
    test: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one control; what was asked after a failure is empty for the others."""

    subject: str
    name: str
    route: Route
    test: str
    said: Said
    original: Said | Literal[""] = ""
    again: Said | Literal[""] = ""

    @property
    def reacts(self) -> bool:
        """Whether the test failed though it passes on the original."""
        return self.said == "failed" and self.original == "passed"


def main() -> int:
    """Run the controls of every subject, and print what came of them."""
    begun = parser(str(__doc__))
    begun.add_argument("--controls", type=int, default=400, help="of each subject (default: 400)")
    begun.add_argument("--seed", type=int, default=0, help="of the draw (default: 0)")
    begun.add_argument("--jobs", type=int, default=2, help="runs at a time (default: 2)")
    arguments = begun.parse_args()
    heard: list[Heard] = []
    with work_folder(arguments.work) as work:
        for subject in chosen(arguments.subjects):
            draw = random.Random(arguments.seed)
            heard += run(subject, work, draw, arguments.controls, arguments.jobs)
    for line in (f"Seed {arguments.seed}.", "", *table(heard), *reactions(heard)):
        say(line)
    return 1 if any(each.reacts for each in heard) else 0


def run(
    subject: Subject, work: Path, draw: random.Random, wanted: int, width: int
) -> Iterator[Heard]:
    """Measure a subject's suite as the gate does, draw controls, and run them."""
    python = interpreter(subject, work)
    root = copy(subject, work / subject.name / "neutral")
    policy = work / subject.name / "policy.toml"
    policy.write_text(policy_text(subject), encoding="utf-8")
    with surroundings(environment(subject, root)), scratch_folder() as scratch:
        read = read_subject(Request(root, policy=policy, python=python))
        plan = launch(read.root, read.policy, read.files, scratch, python)
        with Supervisor(replace(plan, mutate=True), suite_limits(read.policy)) as supervisor:
            supervisor.begin()
            baseline = run_suite(
                supervisor, read.policy, width, PlainProgress(sys.stderr), lambda: None
            )
            combine(baseline.parts, scratch / "combined")
            selection = Selection(
                baseline,
                scratch / "combined",
                read_sources(read.root, read.files).files,
                ImportGraph(read.root, read.python),
            )
            supervisor.begin_preload((), many=True)
            edits = Edits(read.root)
            able = candidates(Controls(edits), selection, read.root, subject.files)
            jobs = Jobs(baseline.collected, supervisor.launch.options, baseline.seconds_by_test())
            supervisor.finish_preload()
            bench = Bench(supervisor, jobs, edits, width)
            yield from bench.hear(subject.name, drawn(draw, able, wanted))


@contextmanager
def surroundings(variables: Mapping[str, str]) -> Iterator[None]:
    """Run with other environment variables, as the gate would that is started with them."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def candidates(
    controls: Controls, selection: Selection, root: Path, files: Iterable[str]
) -> list[list[Control]]:
    """Give the controls that could be run of each function and module, one for each of its tests."""
    found: dict[str, dict[int, Control]] = {}
    for path in files:
        for mutant in generate(path, (root / path).read_bytes()):
            plan = selection.plan(mutant)
            at_import = controls.place(mutant) is None
            name = f"{path}::{'<module>' if at_import else mutant.function}"
            neutral, route = controls.neutral(mutant), "import" if at_import else "switch"
            for test in plan.importing if at_import else plan.tests:
                control = Control(name, neutral, route, test)  # type: ignore[arg-type]
                found.setdefault(name, {}).setdefault(test, control)
    return [list(each.values()) for each in found.values()]


def drawn(
    draw: random.Random, candidates: Sequence[Sequence[Control]], wanted: int
) -> list[Control]:
    """Draw one control of each group, then a second, and so on, without repetition."""
    groups = deque(draw.sample(list(group), len(group)) for group in candidates if group)
    taken: list[Control] = []
    while groups and len(taken) < wanted:
        group = groups.popleft()
        taken.append(group.pop())
        if group:
            groups.append(group)
    return taken


class Bench:
    """Runs controls on the workers of one supervisor."""

    def __init__(self, supervisor: Supervisor, jobs: Jobs, edits: Edits, width: int) -> None:
        self._supervisor = supervisor
        self._jobs = jobs
        self._edits = edits
        self._width = width

    def hear(self, subject: str, controls: Sequence[Control]) -> Iterator[Heard]:
        """Run controls; those that fail again, and on the bare original."""
        said = self._ask("neutral", controls)
        failed = [each for each in controls if said[each] == "failed"]
        again, original = self._ask("neutral", failed), self._ask("original", failed)
        for each in controls:
            yield Heard(
                subject=subject,
                name=each.name,
                route=each.route,
                test=self._jobs.items[each.test].test,
                said=said[each],
                original=original.get(each, ""),
                again=again.get(each, ""),
            )

    def _ask(self, kind: Kind, controls: Sequence[Control]) -> dict[Control, Said]:
        """Run one job for each control, `width` at a time."""
        left, running = deque(controls), dict[str, Control]()
        red: set[str] = set()
        said: dict[Control, Said] = {}
        while left or running:
            while left and len(running) < self._width:
                control = left.popleft()
                edit = None if kind == "original" else self._edits.of(control.neutral)
                job = self._jobs.job(kind, control.route, (control.test,), edit)
                running[job.name] = control
                self._supervisor.submit(job)
            for event in self._supervisor.events():
                if isinstance(event, Done):
                    red |= {event.job.name} if self._is_red(event) else set()
                else:
                    said[running.pop(event.job.name)] = _said(event, event.job.name in red)
        return said

    def _is_red(self, done: Done) -> bool:
        item = self._jobs.items[done.item]
        return outcomes.outcome_of(item, done, self._supervisor.launch.root).outcome in RED


def table(heard: Iterable[Heard]) -> list[str]:
    """Count the controls by subject, route and what the test said, as a Markdown table."""
    counts = Counter(
        (each.subject, each.route, each.said, each.original or "–", each.again or "–")
        for each in heard
    )
    head = "| Subject | Put in place | Neutral control | The bare original | Again | Controls |"
    rows = (f"| {' | '.join(key)} | {count} |" for key, count in sorted(counts.items()))
    return [head, "|" + " --- |" * 6, *rows]


def reactions(heard: Sequence[Heard]) -> list[str]:
    """Name each test that failed and passes on the original, and what was put in place."""
    wrong = [each for each in heard if each.reacts]
    functions = len({(each.subject, each.name) for each in heard})
    tests = len({(each.subject, each.test) for each in heard})
    counted = f"{len(heard)} neutral controls, {functions} functions and modules, {tests} tests"
    lines = ["", f"{counted}: {len(wrong)} failed though the test passes on the original."]
    named = (
        f"- {each.test} with {each.name} ({each.route}); again: {each.again}" for each in wrong
    )
    return [*lines, *named]


def _said(ended: Ended, red: bool) -> Said:
    if ended.ending == "end":
        return "failed" if red else "passed"
    return "not placed" if ended.item is None else "failed"


if __name__ == "__main__":
    sys.exit(main())
