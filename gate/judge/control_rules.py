"""The rule about controls: was the machinery awake, and did it leave alone what it should?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gate.judge.mutation_rules import one_or_many
from gate.model import DETECTED, ControlRun, Evidence, FailedControl, Finding
from gate.policy.model import Policy

# From so many tests on, more than one in so many neutral controls, no single test is to blame.
_FEW = 3
_ONE_IN = 20
_NAMED = 3


def mutation_controls(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Say which controls failed, and refuse kills that no control stands behind."""
    del policy, today
    run = evidence.mutation
    if run is None:
        return
    controls = run.controls
    detected = sum(run.counts()[status] for status in DETECTED)
    if detected and not controls.neutral:
        yield _refused(
            f"{detected:,} {one_or_many(detected, 'mutant is', 'mutants are')} detected, and no test "
            "ran with unchanged code put in place, so nothing shows that it was the mutants",
            "Run the gate again; where this stays, the code cannot be changed in live functions.",
        )
    yield from _disturbed(controls)
    yield from map(_void, controls.failed)
    yield from _unnoticed(controls)


def _disturbed(controls: ControlRun) -> Iterator[Finding]:
    tests = len(controls.failed)
    if tests >= _FEW and tests * _ONE_IN > controls.neutral:
        yield _refused(
            f"{tests:,} tests fail when unchanged code is put in place and pass on the original, in "
            f"{controls.neutral:,} such runs: the way in which mutants are put in place disturbs the tests",
            "Run one of the tests named below by itself, several times. If they are not red at random, "
            "look for what they share: a plugin or a fixture that inspects code, sources or imports.",
        )


def _void(failed: FailedControl) -> Finding:
    kills = f"{failed.kills:,} {one_or_many(failed.kills, 'kill of it is', 'kills of it are')} void"
    return Finding(
        "mutation.controls",
        "warning",
        f"{failed.test} fails when unchanged code is put in place and passes on the original: {kills}",
        help="It is red at random, or it looks at code objects or at the environment of the run. Let it "
        "check what the code does, and nothing else.",
    )


def _unnoticed(controls: ControlRun) -> Iterator[Finding]:
    if not controls.unnoticed:
        return
    count, named = len(controls.unnoticed), ", ".join(controls.unnoticed[:_NAMED])
    more = f" and {count - _NAMED:,} more" if count > _NAMED else ""
    yield Finding(
        "mutation.controls",
        "warning",
        f"no test notices when {named}{more} {one_or_many(count, 'raises at its', 'raise at their')} "
        "entry, so survivors there are unresolved",
        help="Something catches everything that is raised there, a test perhaps: let it through. "
        "If nothing does, the mutants of this function cannot be put in place.",
    )


def _refused(message: str, help_text: str) -> Finding:
    return Finding("mutation.controls", "error", message, forces="inconclusive", help=help_text)
