"""The rule about controls: was the machinery awake, and did it leave alone what it should?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    detected = sum(run.counts[status] for status in DETECTED)
    # The controls come last: a run that did not get there says so by itself.
    if detected and not controls.neutral and not run.problems:
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
    if controls.unplaced:
        raises = one_or_many(
            len(controls.unplaced), "raises as soon as it runs", "raise as soon as they run"
        )
        yield _warning(
            f"no test notices when {_names(controls.unplaced)} {raises}, so survivors there are unresolved",
            "The tests probably run this code in a way in which it cannot be changed: with `exec` of its "
            "text, from an archive, or in a Python process with `-I`, `-E`, `-S` or an environment of its "
            "own. Import it in a test, or start the process with a copy of `os.environ`.",
        )
    if controls.unnoticed:
        yield _warning(
            f"no test notices when {_names(controls.unnoticed)} "
            f"{one_or_many(len(controls.unnoticed), 'raises at its', 'raise at their')} "
            "entry, so survivors there are unresolved",
            "Something catches everything that is raised there, a test perhaps: let it through.",
        )


def _names(places: Sequence[str]) -> str:
    more = len(places) - _NAMED
    return f"{', '.join(places[:_NAMED])}{f' and {more:,} more' if more > 0 else ''}"


def _warning(message: str, help_text: str) -> Finding:
    return Finding("mutation.controls", "warning", message, help=help_text)


def _refused(message: str, help_text: str) -> Finding:
    return Finding("mutation.controls", "error", message, forces="inconclusive", help=help_text)
