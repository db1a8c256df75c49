"""Rule coverage.function: every public function is reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gate.judge.rule import Rule
from gate.judge.shortfalls import compare_total, in_total, runs_when
from gate.model import Demand, Evidence, FileCoverage, Finding
from gate.policy.model import Policy

ID = "coverage.function"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Compare the share of public functions that a passing test reaches, and name the others."""
    below = list(compare_total("function", policy, evidence))
    if below:
        yield from below
        yield from _unreached(in_total("function", policy, evidence), below[0].forces)


_NAMED_FUNCTIONS = 20


def _unreached(files: Iterable[FileCoverage], forces: Demand | None) -> Iterator[Finding]:
    unreached = [
        (file.path, function)
        for file in sorted(files, key=lambda file: file.path)
        for function in sorted(file.missing_functions, key=lambda function: function.line)
    ]
    for path, function in unreached[:_NAMED_FUNCTIONS]:
        yield Finding(
            ID,
            "error",
            f"no passing test reaches {function.qualname}{runs_when(function)}",
            forces=forces,
            path=path,
            line=function.line,
            help="Call it from a test that checks what it returns or changes.",
        )
    more = len(unreached) - _NAMED_FUNCTIONS
    if more > 0:
        several = "function" if more == 1 else "functions"
        yield Finding(
            ID,
            "error",
            f"no passing test reaches {more:,} more public {several}",
            forces=forces,
            help="Find them under coverage.files in the results document.",
        )


rule = Rule(
    id=ID,
    title="Every public function is reached",
    checks=(
        "Public functions and methods whose body at least one passing test executes. A body that runs "
        "while its module is imported (a decorator, a class hook) counts when a passing test relies "
        "on that module: its file imports it, directly or not, or it executes a file that does. "
        "Functions that coverage.py leaves out are left out, and so are those with nothing to reach: "
        "a docstring, `...` or `raise NotImplementedError` alone, and `pass` alone in a Protocol or "
        "under `@abstractmethod` or `@overload`. Up to 20 of the others are named by place."
    ),
    why="A public function that no passing test reaches is a promise nobody has checked.",
    fix=(
        "Call the function from a test that checks what it returns or changes, make it private with a "
        "leading underscore, or delete it."
    ),
    forces="FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    find=find,
    commands=("check",),
)
