"""The thresholds of a first policy: the gate's goals, or today's figures where these are lower."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gate.init.trial import Sample, Trial
from gate.judge.shortfalls import number
from gate.model import CoverageKind
from gate.policy.model import Policy

KINDS: tuple[CoverageKind, ...] = ("line", "branch", "function")
SECONDS = 60
# A test may take so many times as long as the slowest one took: elsewhere it is slower.
SLOWER = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """What one key requires, in percent or as a duration, and why in a few words."""

    value: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a first policy requires. `raises` are the keys that ask less than the goal, each with why.

    `leaning` tests pass only after others, so the order is not checked before they are mended.
    """

    coverage: Mapping[CoverageKind, Figure]
    score: Figure
    timeout: Figure
    raises: tuple[str, ...] = field(default=())
    leaning: int = 0


def goals(policy: Policy) -> Figures:
    """Give the gate's own goals, where nothing was measured; `policy` is one of defaults alone."""
    coverage = {kind: Figure(number(getattr(policy.coverage, kind))) for kind in KINDS}
    return Figures(coverage, Figure(number(policy.mutation.score)), Figure(f"{SECONDS}s"))


def measured(policy: Policy, trial: Trial, core: Sequence[str]) -> Figures:
    """Give figures that the repository reaches today, never above the goals, which `policy` holds."""
    coverage: dict[CoverageKind, Figure] = {}
    raises: list[str] = []
    for kind in KINDS:
        goal, ratio = int(getattr(policy.coverage, kind)), trial.evidence.coverage.total(kind)
        if ratio.percent is None or not trial.evidence.suite.passing():
            coverage[kind] = Figure(str(goal))
            continue
        today = f"{number(ratio.percent)} today"
        low = not ratio.meets(goal)
        value = math.floor(ratio.percent) if low else goal
        coverage[kind] = Figure(str(value), f"{today}; the goal is {goal}" if low else today)
        raises += [f"{kind} coverage is {today}; the goal is {goal}"] if low else []
    score, why_low = _score(int(policy.mutation.score), [trial.sample(path) for path in core])
    leaning = len(trial.evidence.suite.order.dependent)
    if leaning:
        raises.append(f"{needs_others(leaning)}, so tests.order is off; the goal is none")
    return Figures(coverage, score, _timeout(trial), (*raises, *why_low), leaning)


def needs_others(count: int) -> str:
    """Say how many tests pass only after others."""
    return (
        "1 test passes only after others"
        if count == 1
        else f"{count:,} tests pass only after others"
    )


def _score(goal: int, samples: Sequence[Sample]) -> tuple[Figure, list[str]]:
    """Ask for what the worst file of the core reaches, and say what that is known from."""
    if not samples:
        return Figure(str(goal)), []
    value = min(goal, *(sample.least_score() for sample in samples))
    tried, reached = (sum(getattr(each, name) for each in samples) for name in ("tried", "reached"))
    known = "" if tried == reached else f", by {tried:,} of {reached:,} mutants"
    low = [f"mutation score: {value} is asked{known}; the goal is {goal}"] if value < goal else []
    if not tried:
        return Figure(str(value), f"no mutant was tried yet; the goal is {goal}"), low
    if value == goal:
        return Figure(str(value), f"reached today{known}"), low
    return Figure(str(value), f"what the worst file reaches today{known}; the goal is {goal}"), low


def _timeout(trial: Trial) -> Figure:
    slowest = trial.slowest()
    if slowest is None:
        return Figure(f"{SECONDS}s")
    seconds = math.ceil(SLOWER * slowest.seconds)
    limit = f"{SECONDS}s" if seconds <= SECONDS else f"{math.ceil(seconds / 60)}m"
    return Figure(limit, f"the slowest test took {slowest.seconds:.1f} s")
