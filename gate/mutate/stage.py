"""The mutation stage: sources to mutants, mutants to plans, plans to results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

from gate.model import Mutant, MutantResult, MutationRun
from gate.mutate.engine import Engine, MutantPlan
from gate.mutate.generate import generate
from gate.mutate.noise import mark_noise
from gate.mutate.select import Selection

Notify = Callable[[MutantResult], None]


@dataclass(frozen=True, slots=True)
class Campaign:
    """Which mutants to run: `wanted` chooses among those of `files`, `first` names those to begin with.

    `budget` is in seconds, None without one; `noise` are the rules that leave mutants out.
    """

    files: tuple[str, ...]
    noise: tuple[str, ...]
    wanted: Callable[[Mutant], bool]
    first: Callable[[Mutant], bool]
    budget: float | None = None


def generate_all(root: Path, campaign: Campaign) -> list[Mutant]:
    """Make the mutants of a campaign, noise marked; raises SourceError for a file that cannot be parsed."""
    mutants: list[Mutant] = []
    for path in campaign.files:
        source = (root / path).read_bytes()
        mutants += mark_noise(generate(path, source), source, campaign.noise)
    return [mutant for mutant in mutants if campaign.wanted(mutant)]


def run_mutants(
    engine: Engine,
    mutants: Sequence[Mutant],
    selection: Selection,
    campaign: Campaign,
    notify: Notify,
) -> MutationRun:
    """Run every mutant that is no noise and is covered, until the budget is used."""
    started = time.monotonic()
    results = [
        MutantResult(mutant, "Ignored", mutant.ignored) for mutant in mutants if mutant.ignored
    ]
    real = [mutant for mutant in mutants if not mutant.ignored]
    plans = [selection.plan(mutant) for mutant in in_turn(real, campaign)]
    results += [MutantResult(plan.mutant, "NoCoverage") for plan in plans if not plan.tests]
    for result in results:
        notify(result)
    deadline = None if campaign.budget is None else started + campaign.budget
    covered = [plan for plan in plans if plan.tests]
    for result in engine.run(_until(deadline, covered)):
        results.append(result)
        notify(result)
    done = {result.mutant.id for result in results}
    left = [plan.mutant for plan in covered if plan.mutant.id not in done]
    results += [MutantResult(mutant, "Pending", "the budget was used up") for mutant in left]
    return MutationRun(tuple(results), seconds=time.monotonic() - started)


def in_turn(mutants: Iterable[Mutant], campaign: Campaign) -> list[Mutant]:
    """Order mutants: those to begin with, then function by function.

    Under a budget the functions take turns, so that each gets its share of what can be run.
    """
    groups: dict[tuple[bool, str, str], list[Mutant]] = {}
    for mutant in mutants:
        key = (not campaign.first(mutant), mutant.path, mutant.function)
        groups.setdefault(key, []).append(mutant)
    ordered: list[Mutant] = []
    for later in (False, True):
        chosen = [group for key, group in groups.items() if key[0] is later]
        ordered += chain(*chosen) if campaign.budget is None else _alternate(chosen)
    return ordered


def _alternate(groups: Sequence[Sequence[Mutant]]) -> Iterator[Mutant]:
    for row in zip_longest(*groups):
        yield from (mutant for mutant in row if mutant is not None)


def _until(deadline: float | None, plans: Iterable[MutantPlan]) -> Iterator[MutantPlan]:
    for plan in plans:
        if deadline is not None and time.monotonic() > deadline:
            return
        yield plan
