"""The suite, collected as a run does it: what was found, whether it can be forked, how it is kept apart."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gate.doctor.checks import Check, ok, warning
from gate.measure.files import measured_files
from gate.measure.launch import launch
from gate.policy.isolation import LEVELS
from gate.policy.model import Policy
from gate.request import scratch_folder, suite_limits
from gate.supervise.isolation import Circumstances, isolation_of
from gate.supervise.jobs import Guards, Limits
from gate.supervise.start import AS_MODULE
from gate.supervise.supervisor import Supervisor
from gate.supervise.zygote import Collected, Launch
from gate.worker import landlock, network

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A collection, with what it was started with."""

    launch: Launch
    limits: Limits
    collected: Collected


def collect(
    root: Path, policy: Policy, python: tuple[str, ...], interpreter: str, lent: str = ""
) -> Found:
    """Collect the suite under supervision, as `gate check` does, with what it is lent; no test is run.

    Raises MissingEvidenceError when pytest refuses, and UsageError for paths that are not there.
    """
    files = measured_files(python, policy.source.include, policy.origin)
    limits = suite_limits(policy)
    with scratch_folder() as scratch:
        plan = launch(root, policy, files, scratch, interpreter, lent)
        with Supervisor(plan, limits) as supervisor:
            collected = supervisor.collect()
            return Found(supervisor.launch, limits, collected)


def check_collection(found: Found) -> Iterator[Check]:
    """Look at the tests, the modules that they import, and what keeps the process from being forked."""
    yield _tests(found.collected)
    if found.launch.as_module:
        yield warning(
            "start",
            f"pytest found its modules only when it was started {AS_MODULE}; each run tries without first",
            "add `pythonpath = .` to pytest's configuration",
        )
    yield _origin(found)
    yield from _of_pytest(found.collected)
    yield from _end(found.collected)
    yield _forks(found.collected)
    if found.launch.withheld:
        yield ok(
            "environment", f"withheld from the tests as secrets: {', '.join(found.launch.withheld)}"
        )


def check_isolation(found: Found, policy: Policy) -> Check:
    """Say which level a run would have here, and whether that is what the policy requires."""
    late = "its process had threads before" if found.collected.threads else ""
    missing = {
        "writes": late or ("" if landlock.abi() else "this system has no Landlock"),
        "network": found.launch.network or late or network.why_not(),
    }
    guards = Guards(1, {measure: why for measure, why in missing.items() if why})
    fresh = bool(found.collected.threads)
    told = isolation_of(Circumstances(found.launch, found.limits, found.collected, guards, fresh))
    level, required = told["level"], policy.isolation.require
    lacking = "; ".join(f"{name} {told[name]}" for name in _lacking(told))
    message = f"{level}" + (f" ({lacking})" if lacking else "")
    if LEVELS.index(level) < LEVELS.index(required):
        return warning(
            "isolation",
            f"{message}, and the policy requires {required}: every run here is INCONCLUSIVE",
            "run it where what is lacking is allowed (SECURITY.md names it), or require less",
        )
    return ok("isolation", message)


def _lacking(told: Mapping[str, str]) -> list[str]:
    names = told["not in force"].split(", ")
    return [name for name in names if name in told]


def _tests(collected: Collected) -> Check:
    errors = [frame for frame in collected.uncollected if frame.get("outcome") == "error"]
    if errors:
        named = ", ".join(str(frame.get("test")) for frame in errors[:_MOST_NAMED])
        return warning(
            "tests",
            f"{len(errors)} files cannot be collected: {named}",
            "pytest --collect-only  says why; each is a failure in a run",
        )
    if not collected.items:
        return warning(
            "tests",
            "pytest found none, so no run can pass",
            "write one, or name the folder of the tests in `[tests] paths` of the policy",
        )
    folder = collected.environment.get("directory", "")
    where = f", started in {folder}, where pytest's settings are" if folder else ""
    return ok("tests", f"{len(collected.items)} collected, none was run{where}")


def _origin(found: Found) -> Check:
    """Compare the files that modules came from with those of the repository."""
    watch, root = found.launch.watch, os.path.realpath(found.launch.root)
    elsewhere = {
        name: file
        for name, file in found.collected.imported.items()
        if os.path.realpath(file) != os.path.join(root, watch.get(name, ""))
    }
    if not elsewhere:
        return ok("imports", "tests import the code in this repository")
    name, file = next(iter(sorted(elsewhere.items())))
    return warning(
        "imports",
        f"{name} comes from {file}, not from the repository, so its code is not measured",
        "install the project in place: pip install -e .",
    )


def _of_pytest(collected: Collected) -> Iterator[Check]:
    """Name the measured modules that pytest is made of: a mutant there may break pytest, and not a test."""
    names = sorted(collected.by_pytest)
    if names:
        more = len(names) - _MOST_NAMED
        named = ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        yield warning(
            "pytest",
            f"pytest itself imports {named}: a mutant there may break pytest instead of a test",
            "leave these files out of `[mutation] core`, or take their survivors with care",
        )


def _end(collected: Collected) -> Iterator[Check]:
    if collected.enders:
        yield ok(
            "session",
            f"{collected.enders[0]} runs at the end, so the suite runs once more in one process",
        )


def _forks(collected: Collected) -> Check:
    if not collected.threads:
        return ok("forks", "forking is safe (single thread, no CUDA)")
    return warning(
        "forks",
        f"after collection the process holds {', '.join(collected.threads)}, so each share of the suite "
        "collects anew, which is slow, and mutants are not kept from writing",
        "start threads, pools and CUDA in a fixture or a function, not when a module is imported",
    )
