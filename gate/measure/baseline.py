"""The whole baseline: collect, run, look again at what is doubtful, and say what is missing."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from gate.measure import outcomes, recheck
from gate.measure.session_end import end_of_session
from gate.measure.suite import Baseline, run_shares
from gate.model import Problem, SuiteRun, TestOutcome
from gate.policy.model import Policy
from gate.supervise.isolation import Circumstances, isolation_of
from gate.supervise.start import AS_MODULE
from gate.supervise.supervisor import Supervisor

_MOST_NAMED = 3


class Watcher(Protocol):
    """Who wants to know how far the suite has come."""

    def collected(self, tests: int) -> None:
        """So many tests will run."""

    def ran(self, outcome: TestOutcome) -> None:
        """One of them has run."""

    def note(self, line: str) -> None:
        """Something is said that stays on the screen."""

    def rechecking(self) -> None:
        """A test has run a second time."""


def run_suite(
    supervisor: Supervisor,
    policy: Policy,
    jobs: int,
    watcher: Watcher,
    begin: Callable[[], None],
) -> Baseline:
    """Collect and run the suite; `begin` is called between the two.

    Raises MissingEvidenceError when nothing can be collected at all, SetupError where the environment is
    at fault.
    """
    collected = supervisor.collect()
    if supervisor.launch.as_module:
        watcher.note(f"pytest is started {AS_MODULE}")
    watcher.collected(len(collected.items))
    begin()
    baseline = run_shares(supervisor, collected, policy, jobs, watcher.ran)
    baseline.parts += supervisor.data_files()
    return baseline


def look_again(
    supervisor: Supervisor, baseline: Baseline, policy: Policy, jobs: int, watcher: Watcher
) -> SuiteRun:
    """Run what is doubtful a second time, and sum up what became of the suite."""
    supervisor.finish_preload()
    probe = policy.tests.order == "probe"
    order = recheck.look_again(supervisor, baseline, jobs, watcher.rechecking, probe=probe)
    ended = end_of_session(supervisor, baseline, watcher.rechecking)
    collected = baseline.collected
    reports = tuple(map(outcomes.outcome_of_collection, collected.uncollected))
    return SuiteRun(
        outcomes=(*reports, *outcomes.in_order(baseline.items, baseline.outcomes)),
        exclusions=tuple(baseline.exclusions),
        problems=(*baseline.problems, *_provenance(supervisor, baseline)),
        order=order,
        seconds=baseline.seconds,
        environment={
            **collected.environment,
            "gate python": platform.python_version(),
            "jobs": str(jobs),
            "cores": str(os.cpu_count()),
            **({"started": AS_MODULE} if supervisor.launch.as_module else {}),
        },
        isolation=isolation(supervisor, baseline),
        ended=ended,
    )


def isolation(supervisor: Supervisor, baseline: Baseline) -> Mapping[str, str]:
    """Say what has kept the workers apart so far."""
    run = supervisor
    return isolation_of(
        Circumstances(run.launch, run.limits, baseline.collected, run.guards, run.fresh)
    )


def _provenance(supervisor: Supervisor, baseline: Baseline) -> list[Problem]:
    """Name the measured modules that came from elsewhere, or before measurement began."""
    root, expected = supervisor.launch.root, supervisor.launch.watch
    early, imported = baseline.collected.early, baseline.collected.imported
    before = sorted(name for name, file in early.items() if _same(file, root / expected[name]))
    by_coverage = [name for name in before if name in baseline.collected.by_coverage]
    by_site = [name for name in before if name not in by_coverage]
    return [
        *(
            Problem(_listed(names), f"imported before measurement began ({why})")
            for names, why in (
                (by_coverage, "coverage.py itself imports it"),
                (by_site, "a .pth file or a site hook imports it"),
            )
            if names
        ),
        *(
            Problem(
                name,
                f"it was imported from {_shown(file)}, not from the repository: install it editable",
            )
            for name, file in sorted(imported.items())
            if not _same(file, root / expected[name])
        ),
    ]


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _same(file: str, expected: Path) -> bool:
    return os.path.realpath(file) == os.path.realpath(expected)


def _shown(file: str) -> str:
    _, found, below = file.rpartition("site-packages/")
    return f"site-packages/{below}" if found else file
