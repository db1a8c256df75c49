"""The stage of lost kills: what tests noticed on the base, and nothing notices since a change of tests.

Asked first are the tests that the change touches, on the base; only what they detect there is run with all of
the head's tests. A survivor of the head would ask them all, and what touched tests never noticed is not lost.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol

from gate.errors import GateError
from gate.measure.files import chosen, looks_like_test
from gate.model import (
    DETECTED,
    RED,
    ChangedLines,
    LostKills,
    Mutant,
    MutantResult,
    MutationRun,
    Problem,
    SuiteRun,
    TestChange,
)
from gate.mutate.base import BaseCode, BaseRun, base_supervisor, in_both, red_by_environment
from gate.mutate.campaign import Campaign, generate_all
from gate.mutate.fates import Fates
from gate.mutate.plans import MutantPlan
from gate.mutate.stage import MANY, Material, mutate, run_plans
from gate.policy.model import Policy
from gate.source.export import export
from gate.source.git import entries_at, file_at, listed_files
from gate.source.touched_tests import TestFiles, TouchedTests, touched_tests
from gate.supervise.supervisor import Supervisor

BASE_TESTS = "the base's tests"
_NAMED = 3


class Progress(Protocol):
    """Who wants to know how far this has come."""

    def stage(self, name: str) -> None:
        """A stage begins."""

    def mutating(self, mutants: int) -> None:
        """So many mutants will get a result."""

    def mutated(self, result: MutantResult) -> None:
        """One of them has one, or a new one."""


class Project(Protocol):
    """The head, of which these are read."""

    @property
    def root(self) -> Path:
        """The repository."""

    @property
    def policy(self) -> Policy:
        """The policy in force."""

    @property
    def python(self) -> tuple[str, ...]:
        """All its Python files."""

    @property
    def files(self) -> tuple[str, ...]:
        """Those that are measured."""

    @property
    def tests(self) -> frozenset[str]:
        """Those that are tests, or support them."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of the head: the project, what it changes, its suite and the mutants run so far.

    `core` are the files to mutate; `campaign` is that of `run`, with its budget in seconds.
    """

    project: Project
    changed: ChangedLines
    core: tuple[str, ...]
    suite: SuiteRun
    material: Material
    campaign: Campaign
    run: MutationRun


def find_lost_kills(
    supervisor: Supervisor, head: Head, width: int, progress: Progress
) -> LostKills:
    """Compare what the touched tests killed on the base with what the head's tests kill.

    Where the change touches no test that could have noticed anything in the core, nothing is run. What
    keeps the base's tests from running is a problem with its reason.
    """
    started = time.monotonic()
    touched, code = _what_is_touched(supervisor, head)
    if not code.core:
        return LostKills()
    unknown = tuple(_of_unknown_files(head)) if head.changed.files else ()
    if not touched:
        return LostKills(problems=unknown)
    progress.stage("running the tests of the base that the change touches")
    try:
        export(head.project.root, head.changed.merge_base, code.root)
        with _base(supervisor, head, code, touched) as base_side:
            found = _Comparison(supervisor, head, width, progress).run(base_side, code, touched)
    except GateError as error:
        where = Problem(BASE_TESTS, " ".join(f"{error.message}. {error.hint}".split()))
        found = LostKills(problems=(where,))
    problems = (*unknown, *found.problems)
    return replace(found, problems=problems, seconds=time.monotonic() - started)


def _of_unknown_files(head: Head) -> Iterator[Problem]:
    """Name the tests whose file git does not have, so that no change of theirs can be seen."""
    root, items = head.project.root, head.material.baseline.items
    listed = frozenset(map(_encodable, listed_files(root)))
    tests: dict[str, list[str]] = {}
    for item in items:
        if item.path not in listed and not (root / item.path).is_dir():
            tests.setdefault(item.path, []).append(item.test)
    for path, names in sorted(tests.items())[:_NAMED]:
        place = "outside of the repository" if os.path.isabs(path) else "not in git"
        count = f"and {len(names) - 1:,} more" if len(names) > 1 else ""
        yield Problem(
            " ".join(filter(None, (names[0], count))),
            f"the file {path} is {place}, so it cannot be compared with the base",
        )


def _encodable(path: str) -> str:
    """Write a path as workers do: a byte that is no UTF-8 is an escape."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def _base(
    supervisor: Supervisor, head: Head, code: BaseCode, touched: TouchedTests
) -> AbstractContextManager[Supervisor]:
    names = entries_at(head.project.root, head.changed.merge_base)
    only = tuple(names if touched.settings else touched.files)
    return base_supervisor(supervisor, code, head.project.policy, only)


def _what_is_touched(supervisor: Supervisor, head: Head) -> tuple[TouchedTests, BaseCode]:
    project, changed = head.project, head.changed
    root, files = project.root, changed.files
    new = {f.path for f in files if f.status in ("added", "untracked", "renamed")}
    old = {f.old_path or f.path for f in files if f.status in ("deleted", "renamed")}
    python = tuple(
        sorted((set(project.python) - new) | {path for path in old if path.endswith(".py")})
    )
    sources = chosen(python, project.policy.source.include)
    test_files = TestFiles(
        collected=frozenset(item.path for item in head.material.baseline.items),
        sources=frozenset((*sources, *project.files, *head.core)) - project.tests,
        python=python,
        shared=lambda path: len(head.material.imports.importers(path)) > 1,
        code=frozenset(filter(looks_like_test, project.files)) - project.tests,
    )
    base = cache(lambda path: file_at(root, changed.merge_base, path))
    touched = touched_tests(changed, test_files, base, cache(_reader(root)))
    there = supervisor.launch.scratch / "base-tree"
    return touched, BaseCode(there, python, tuple(p for p in head.core if p in python))


def _reader(root: Path) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        try:
            return (root / path).read_bytes()
        except OSError:
            return None

    return read


class _Comparison:
    """The two sides of one run."""

    def __init__(self, supervisor: Supervisor, head: Head, width: int, progress: Progress) -> None:
        self._supervisor = supervisor
        self._head = head
        self._width = width
        self._progress = progress
        self._started = time.monotonic()

    def run(self, there: Supervisor, code: BaseCode, touched: TouchedTests) -> LostKills:
        """Run the touched tests, then the mutants that only they may have noticed."""
        head = self._head
        fates = Fates(head.suite, head.material.baseline, head.changed, _reader(head.project.root))

        def touches(path: str, test: str) -> bool:
            by_settings = touched.settings and not fates.is_green(test)
            return bool(by_settings) or touched.touches(path, test)

        base = BaseRun(there, code, head.project.policy, self._width, touches)
        fates.read_base(code.root, base.items)
        found = LostKills(
            tests=fates.no_longer_run(base.outcomes),
            touched=len(base.outcomes),
            problems=tuple(
                Problem(outcome.test, f"it is {outcome.outcome} on the base: {outcome.message}")
                for outcome in red_by_environment(base.baseline)
            ),
        )
        found = replace(found, notes=_red_for_other_reasons(base, found))
        if not base.baseline.passing():
            return found
        campaign = replace(head.campaign, files=code.core, changed=False, wanted=_any, first=_any)
        plans = base.plans(campaign, head.project.root)
        mutants, _ = generate_all(head.project.root, campaign)
        pairs = in_both(plans, mutants)
        lost, unresolved = _told_apart(*self._both_sides(base, pairs, campaign))
        return replace(
            found,
            kills=tuple((ours, _killer(fates, theirs)) for ours, theirs in lost),
            asked=len(pairs),
            gone=len(plans) - len(pairs),
            unresolved=tuple(unresolved),
        )

    def _both_sides(
        self, base: BaseRun, pairs: Sequence[tuple[MutantPlan, Mutant]], campaign: Campaign
    ) -> tuple[dict[str, MutantResult], dict[str, MutantResult]]:
        """What the touched tests say of mutants on the base, and the head's of those that they noticed.

        Both by the id of the mutant in the head.
        """
        known = {result.mutant.id: result for result in self._head.run.results}
        open_ = [
            (plan, mutant)
            for plan, mutant in pairs
            if mutant.id not in known or known[mutant.id].status in _OPEN
        ]
        found = self._on_base(base, [plan for plan, _ in open_], campaign)
        on_base = {mutant.id: found[plan.mutant.id] for plan, mutant in open_}
        noticed = [mutant for _, mutant in open_ if on_base[mutant.id].status in _NOTICED]
        return on_base, self._in_head(noticed, known, campaign)

    def _on_base(
        self, base: BaseRun, plans: Sequence[MutantPlan], campaign: Campaign
    ) -> dict[str, MutantResult]:
        if not plans:
            return {}
        self._progress.stage(f"running {len(plans):,} mutants on the base")
        engine = base.engine(many=len(plans) >= MANY)
        self._progress.mutating(len(plans))
        budget = self._within_budget(campaign)
        run = run_plans(engine, plans, budget, _forgotten, self._progress.mutated)
        return {result.mutant.id: result for result in run.results}

    def _in_head(
        self, mutants: Sequence[Mutant], known: Mapping[str, MutantResult], campaign: Campaign
    ) -> dict[str, MutantResult]:
        """What the head's tests say of these mutants; what its own run found is `known`."""
        results = {mutant.id: known[mutant.id] for mutant in mutants if mutant.id in known}
        left = [mutant for mutant in mutants if mutant.id not in known]
        if left:
            self._progress.stage("running mutants that the touched tests noticed on the base")
            self._progress.mutating(len(left))
            run = mutate(
                self._supervisor,
                self._head.material,
                left,
                self._within_budget(campaign),
                self._width,
                self._progress.mutated,
            )
            results |= {result.mutant.id: result for result in run.results}
        return results

    def _within_budget(self, campaign: Campaign) -> Campaign:
        if campaign.budget is None:
            return campaign
        used = self._head.run.seconds + time.monotonic() - self._started
        return replace(campaign, budget=max(0.0, campaign.budget - used))


_OPEN = ("Survived", "NoCoverage", "Pending")
# On the base: noticed, or perhaps.
_NOTICED = (*DETECTED, "Pending")


def _told_apart(
    on_base: Mapping[str, MutantResult], in_head: Mapping[str, MutantResult]
) -> tuple[list[tuple[MutantResult, MutantResult]], list[MutantResult]]:
    """Give what is lost as head and base tell it, and the unresolved of either side."""
    lost: list[tuple[MutantResult, MutantResult]] = []
    unresolved: list[MutantResult] = []
    for mutant, ours in in_head.items():
        theirs = on_base[mutant]
        if ours.status not in _OPEN:
            continue
        if theirs.status == "Pending":
            unresolved.append(theirs)
        elif ours.status == "Pending" or ours.reason:
            # A test that took no part may notice what the others let survive.
            unresolved.append(replace(ours, status="Pending"))
        else:
            lost.append((ours, theirs))
    return lost, unresolved


def _red_for_other_reasons(base: BaseRun, found: LostKills) -> tuple[str, ...]:
    told = {problem.subject for problem in found.problems}
    red = [test for test, each in base.outcomes.items() if each.outcome in RED and test not in told]
    if not red:
        return ()
    more = f" and {len(red) - _NAMED:,} more" if len(red) > _NAMED else ""
    who = "1 touched test is" if len(red) == 1 else f"{len(red):,} touched tests are"
    named = ", ".join(sorted(red)[:_NAMED])
    return (f"{who} red on the base, so what they noticed is not known: {named}{more}",)


def _killer(fates: Fates, result: MutantResult) -> TestChange:
    if result.killed_by is None:
        raise AssertionError("a detected mutant has a killer")
    return fates.of(result.killed_by)


def _any(_: Mutant) -> bool:
    return True


def _forgotten(_: MutantPlan) -> None:
    """Nothing is remembered of the base."""
