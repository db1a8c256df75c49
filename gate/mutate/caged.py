"""Tests that cannot be run where mutants run, found once: what keeps each from it, and how that is said.

Mutants may not write in the repository and have no network, and each test runs alone. A test that fails there
on unchanged code takes no part for any mutant, as a red test does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gate.mutate.plans import Failure, Lack, Route, Trial
from gate.worker.messages import Frame

_NEEDS: dict[Lack, tuple[str, str, str]] = {
    "repository": (
        "writes into the repository",
        "write into the repository",
        "write to tmp_path instead",
    ),
    "elsewhere": (
        "writes outside of the temporary folder",
        "write outside of the temporary folder",
        "write to tmp_path instead",
    ),
    "network": (
        "needs the network",
        "need the network",
        'do without it, or say `network = "on"` in [isolation] of the policy',
    ),
    "other": (
        "passes in the suite and fails alone, with unchanged code, where mutants run",
        "pass in the suite and fail alone, with unchanged code, where mutants run",
        "make all that is needed in the test, in tmp_path",
    ),
}


def failure_of(phases: Sequence[Frame], root: Path) -> Failure:
    """Say what a red test raised, and whether it was kept from writing (`path`) or from the network."""
    red = [phase for phase in phases if phase.get("outcome") == "failed"]
    first = next((p for p in red if "denied" in p or p.get("offline")), red[0] if red else {})
    raised = str(first.get("type") or "no exception is known")
    if first.get("offline"):
        return Failure("network", raised)
    if "denied" not in first:
        return Failure("other", raised)
    path = str(first["denied"])
    inside = os.path.join(os.path.realpath(root), "")
    own = os.path.realpath(path) if path else inside
    shown = own[len(inside) :] if own.startswith(inside) else path
    kind: Lack = "repository" if own.startswith(inside) else "elsewhere"
    return Failure(kind, f"{raised}: {shown}" if shown else raised)


class Caged:
    """The tests that take no part, each with its failure on the original, by the route on which it failed.

    `names` are the ids of the collection.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._failures: dict[tuple[Route, int], Failure] = {}

    def note(self, route: Route, test: int, failure: Failure) -> None:
        """Note that a test fails on the original; who is denied something is denied it on every route."""
        routes: tuple[Route, ...] = ("switch", "import") if failure.denied else (route,)
        for each in routes:
            self._failures.setdefault((each, test), failure)

    def without(self, route: Route, tests: Iterable[int]) -> tuple[int, ...]:
        """Give those of the tests that take part."""
        return tuple(test for test in tests if (route, test) not in self._failures)

    def why(self, route: Route, tests: Sequence[int]) -> str:
        """Say how many of the tests take no part, and what the first of these lacks; empty where all do."""
        out = [test for test in tests if (route, test) in self._failures]
        if not out:
            return ""
        part = f"{len(out):,} of its {len(tests):,} tests took no part"
        if len(out) == len(tests):
            count = len(tests)
            part = "its only test took" if count == 1 else f"all of its {count:,} tests took"
            part += " no part"
        failure = self._failures[route, out[0]]
        return f"{part}: {self._names[out[0]]} {_needs(failure, 1)} ({failure.raised})"

    def unheard(self, trial: Trial, *, every: bool) -> str:
        """Say why nothing can be said of a mutant that no test noticed; empty where enough tests take part.

        With `every` all of them must, else one is enough.
        """
        enough = not every and self.without(trial.route, trial.asked)
        return "" if enough else self.why(trial.route, trial.asked)

    def only_there(self, test: int, failure: Failure) -> str:
        """Say that a test fails under a mutant alone for what mutants may not do."""
        lack = "have no network" if failure.kind == "network" else "may not write there"
        return f"{self._names[test]} fails only because mutants {lack} ({failure.raised})"

    def notes(self) -> Iterator[str]:
        """Name all tests that take no part, by what they lack."""
        tests: dict[Lack, dict[int, Failure]] = {}
        for (_, test), failure in sorted(self._failures.items(), key=lambda each: each[0][1]):
            tests.setdefault(failure.kind, {})[test] = failure
        for kind, found in sorted(tests.items()):
            first, failure = next(iter(found.items()))
            count, only = ("1 test", "") if len(found) == 1 else (f"{len(found):,} tests", "first ")
            needs = _needs(failure, len(found))
            yield (
                f"{count} {needs} ({only}{self._names[first]}: {failure.raised}) and took no part in "
                f"mutation testing: {_NEEDS[kind][2]}"
            )


def _needs(failure: Failure, count: int) -> str:
    one, many, _ = _NEEDS[failure.kind]
    return one if count == 1 else many
