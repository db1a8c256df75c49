"""The policy: found, valid, about files that are here, and not out of date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from gate.doctor.checks import Check, asked, ok, warning
from gate.measure.files import measured_files
from gate.policy.model import BUILT_IN, Policy
from gate.report.words import some_of
from gate.source.packaging import packaging_risks

_MOST_NAMED = 3


def check_policy(policy: Policy, python: Sequence[str], today: date) -> Iterator[Check]:
    """Look at a policy that could be read; `python` are the Python files of the repository."""
    if policy.origin == BUILT_IN:
        yield warning("policy", "there is none, so the built-in defaults judge", "gate init")
    else:
        yield ok("policy", policy.origin)
    yield from asked("measured", lambda: _measured(policy, python))
    yield from asked("core", lambda: _core(policy, python))
    yield from _expired(policy, today)


def check_packaging(root: Path) -> Iterator[Check]:
    """Name what the project's packaging makes of the gate's files; nothing where it leaves them alone."""
    for risk in packaging_risks(root):
        yield warning("packaging", risk.message, risk.remedy)


def _measured(policy: Policy, python: Sequence[str]) -> Iterator[Check]:
    files = measured_files(python, policy.source.include, policy.origin)
    if not files:
        yield warning(
            "measured",
            "there is no Python file outside of tests, docs and tools, so no run can pass",
            "name what is to be measured in `[source] include` of the policy",
        )
        return
    yield ok("measured", f"{len(files)} Python files")


def _core(policy: Policy, python: Sequence[str]) -> Iterator[Check]:
    core = policy.mutation.core
    if not core:
        yield warning(
            "core",
            "it is empty, so nothing is gated by mutation",
            "name the files that matter most in `[mutation] core` of the policy",
        )
        return
    named = measured_files(python, core, f"{policy.origin}: [mutation] core")
    measured = set(measured_files(python, policy.source.include, policy.origin))
    outside = [file for file in named if file not in measured]
    if outside:
        yield warning(
            "core",
            f"not measured, so not mutated either: {some_of(outside, _MOST_NAMED)}",
            "add these files to `[source] include`, or take them out of `[mutation] core`",
        )
    else:
        yield ok("core", f"{len(named)} files are gated by mutation")


def _expired(policy: Policy, today: date) -> Iterator[Check]:
    gone = [
        f"exclusion {entry.test or entry.marker} ({entry.expires})"
        for entry in policy.tests.exclude
        if entry.expires < today
    ]
    gone += [
        f"waiver {entry.mutant} ({entry.expires})"
        for entry in policy.mutation.waive
        if entry.expires < today
    ]
    if gone:
        yield warning(
            "expired",
            f"past their last day: {some_of(gone, _MOST_NAMED)}",
            "mend what they are about and remove them, or agree on a later day",
        )
