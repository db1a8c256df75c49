"""How a situation is entered, and what several of them are made of."""

from __future__ import annotations

from collections.abc import Callable

from builders import (
    make_change,
    make_evidence,
    make_mutant,
    make_result,
)

from gate.model import (
    ChangedFile,
    Evidence,
    FileCoverage,
    MutantResult,
    Status,
)
from gate.policy.model import Policy

Situation = tuple[Policy, Evidence]
SITUATIONS: dict[str, Callable[[], Situation]] = {}
CORE = '[mutation]\ncore = ["pkg/a.py"]\n'


def situation(make: Callable[[], Situation]) -> Callable[[], Situation]:
    """Enter a situation under the words of its name."""
    SITUATIONS[make.__name__.replace("_", " ")] = make
    return make


def excluded(what: str, expires: str) -> str:
    return f'[[tests.exclude]]\n{what}\nreason = "it hangs"\nowner = "core"\nexpires = {expires}\n'


def waived(number: int, expires: str) -> str:
    return (
        f'[[mutation.waive]]\nmutant = "{number:012x}"\nreason = "it is the same"\n'
        f'owner = "core"\nexpires = {expires}\n'
    )


def results(*mutants: tuple[str, str, Status]) -> tuple[MutantResult, ...]:
    """One result for each (path, function, status), each on a line of its own."""
    return tuple(
        make_result(number, status, mutant=make_mutant(number, path=path, function=function))
        for number, (path, function, status) in enumerate(mutants, 1)
    )


def changed(*files: FileCoverage, **fields: object) -> Evidence:
    """The coverage of changed lines, beside a suite that passes."""
    change = make_change(*(ChangedFile(file.path, frozenset({3})) for file in files))
    return make_evidence(changed=change, changed_files=files, **fields)  # type: ignore[arg-type]
