"""Rule changed.function: the changed functions are executed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from gate.judge.rule import Rule
from gate.judge.shortfalls import forced_by_shortfall, runs_when
from gate.model import CoverageMap, Evidence, FileCoverage, Finding, Ratio
from gate.policy.model import Policy

ID = "changed.function"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Compare the share of functions, private ones too, that are executed at all; name the others.

    A large change can bury a function that nothing runs in lines that any import executes.
    """
    required = policy.coverage.function
    measured = evidence.changed_coverage or CoverageMap(())
    # A [[path]] rule may ask less, as it may in the total.
    files = [each for each in measured.files if _functions_required(policy, each) >= required]
    ratio = sum((file.function for file in files), Ratio(0, 0))
    met = ratio.meets(required)
    forces = None if met else forced_by_shortfall(evidence)
    unreached = [(file.path, function) for file in files for function in file.missing_functions]
    for path, function in sorted(unreached, key=lambda each: (each[0], each[1].line)):
        yield Finding(
            ID,
            "note" if met else "error",
            f"no test executes {function.qualname}{runs_when(function)}, which the change adds or edits",
            forces=forces,
            path=path,
            line=function.line,
            measured=ratio.percent,
            required=float(required),
            help="Test it, or delete it.",
        )


def _functions_required(policy: Policy, file: FileCoverage) -> Decimal:
    return policy.thresholds_for(file.path).function


rule = Rule(
    id=ID,
    title="The changed functions are executed",
    checks=(
        "With `--base`: executed out of all functions and methods, private ones too, of which the "
        "change adds or edits a statement. They are compared with the threshold for functions; files "
        "for which a `[[path]]` rule asks less are left out. Which functions count as executed, "
        "`coverage.function` says. Functions inside of functions are not counted."
    ),
    why=(
        "A change of thousands of trivial lines meets any share of lines, whatever the one function "
        "among them does."
    ),
    fix="Let a test run the function and check what it does, or delete it.",
    forces="FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    find=find,
    commands=("check",),
)
