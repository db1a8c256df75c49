"""Rule mutation.controls: self-checks of the mutation run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gate.judge.mutants import one_or_many
from gate.judge.rule import Rule
from gate.model import DETECTED, ControlRun, Evidence, FailedControl, Finding

ID = "mutation.controls"


def find(evidence: Evidence) -> Iterator[Finding]:
    """Say which controls failed, and refuse kills that no control stands behind."""
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


# From so many tests on, more than one in so many neutral controls, no single test is to blame.
_FEW = 3


_ONE_IN = 20


_NAMED = 3


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
        ID,
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
    return Finding(ID, "warning", message, help=help_text)


def _refused(message: str, help_text: str) -> Finding:
    return Finding(ID, "error", message, forces="inconclusive", help=help_text)


rule = Rule(
    id=ID,
    title="Self-checks of the mutation run",
    checks=(
        "That each kill's test passes while unchanged code is put in place exactly as a mutant is (a "
        "neutral control), and that where no mutant of a function, or of what runs as a file is "
        "imported, is detected some test notices when the function or the file raises as soon as it "
        "runs (a positive control). A test that fails under a neutral control and passes on the bare "
        "original loses all its kills. Survivors where nobody notices the raise are unresolved."
    ),
    why=(
        "A test that fails whenever something was changed kills every mutant and checks nothing; a "
        "mutant that never got in place survives every test."
    ),
    fix=(
        "Let the tests named check what the code does, not its code objects, its environment or luck. "
        "Import the code that is named, where the tests run it otherwise. Let through what is raised, "
        "where a test or the code swallows everything."
    ),
    forces=(
        "INCONCLUSIVE when three tests or more, in over 5 % of the neutral controls, react to them, "
        "or when something is detected and no neutral control ran; otherwise nothing."
    ),
    find=find,
)
