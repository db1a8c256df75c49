"""Run planned mutants on this machine's workers, a kill only with its certificate.

A test kills a mutant when it runs alone in a fresh fork, passes on the original and fails on the mutant.
"""

from __future__ import annotations
import __future__

import io
import os
import re
import tokenize
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.measure import outcomes
from gate.model import RED, Mutant, MutantResult, Status
from gate.supervise.jobs import Done, Ended, Job
from gate.supervise.supervisor import Supervisor
from gate.supervise.zygote import Item

# The first limit is tight, because whatever passes it is run again under the wide one.
TIGHT = (0.5, 10.0)
WIDE = (3.0, 30.0)
RECENT = 8


@dataclass
class MutantPlan:
    """A mutant and the tests that can kill it, quickest first."""

    mutant: Mutant
    tests: tuple[int, ...]


@dataclass
class _Trial:
    """What is known of a mutant so far."""

    plan: MutantPlan
    left: tuple[int, ...]
    ran: int = 0
    seconds: float = 0.0
    suspect: int | None = None
    ending: str = ""
    reason: str = ""


class Engine:
    """Runs mutants from one collected zygote, `width` at a time."""

    def __init__(
        self,
        supervisor: Supervisor,
        items: Sequence[Item],
        seconds: Mapping[int, float],
        width: int,
    ) -> None:
        self._supervisor = supervisor
        self._items = items
        self._seconds = seconds
        self._width = width
        self._edits = Edits(supervisor.launch.root)
        self._queue: deque[_Trial] = deque()
        self._jobs: dict[str, tuple[_Trial, str]] = {}
        self._failed: dict[str, int] = {}
        self._sound: dict[int, bool] = {}
        self._waiting: dict[int, list[_Trial]] = {}
        self._killers: dict[tuple[str, str], list[int]] = {}
        self._numbers = iter(range(1_000_000_000))
        self._finished: list[MutantResult] = []

    def run(self, plans: Iterable[MutantPlan]) -> Iterator[MutantResult]:
        """Yield a result for each plan, as they finish."""
        source = iter(plans)
        while True:
            self._fill(source)
            if not self._supervisor.running:
                yield from self._take()
                return
            for event in self._supervisor.events():
                match event:
                    case Done():
                        self._done(event)
                    case Ended():
                        self._ended(event)
            yield from self._take()

    def _fill(self, source: Iterator[MutantPlan]) -> None:
        while self._supervisor.running < self._width:
            if self._queue:
                self._begin(self._queue.popleft())
                continue
            plan = next(source, None)
            if plan is None:
                return
            self._begin(_Trial(plan, self._ordered(plan)))

    def _take(self) -> list[MutantResult]:
        finished, self._finished = self._finished, []
        return finished

    def _ordered(self, plan: MutantPlan) -> tuple[int, ...]:
        """Recent killers of the same function first, then of the file, then the quickest."""
        mutant = plan.mutant
        chosen = set(plan.tests)
        recent = [
            test
            for key in ((mutant.path, mutant.function), (mutant.path, ""))
            for test in self._killers.get(key, ())
            if test in chosen
        ]
        first = tuple(dict.fromkeys(recent))
        return first + tuple(test for test in plan.tests if test not in first)

    def _begin(self, trial: _Trial) -> None:
        self._submit(trial, "mutant", trial.left, TIGHT)

    def _submit(
        self, trial: _Trial, kind: str, tests: tuple[int, ...], limits: tuple[float, float]
    ) -> None:
        name = f"{kind} {next(self._numbers)}"
        base, factor = limits
        edit = None if kind == "original" else self._edits.of(trial.plan.mutant)
        seconds = tuple(base + factor * self._seconds[test] for test in tests)
        self._jobs[name] = (trial, kind)
        self._supervisor.submit(Job(name, tests, edit=edit, stop=True, limits=seconds))

    def _done(self, done: Done) -> None:
        trial, _ = self._jobs[done.job.name]
        trial.ran += 1
        trial.seconds += done.seconds
        outcome = outcomes.outcome_of(self._items[done.item], done, self._supervisor.launch.root)
        if outcome.outcome in RED:
            self._failed[done.job.name] = done.item

    def _ended(self, ended: Ended) -> None:
        trial, kind = self._jobs.pop(ended.job.name)
        failed = self._failed.pop(ended.job.name, None)
        trial.seconds += ended.seconds
        if kind == "original":
            self._original(ended, failed)
        elif ended.ending == "end" and failed is None:
            self._passed(trial, kind)
        elif ended.ending == "end" and failed is not None:
            self._fails(trial, kind, ended.job, failed)
        elif ended.item is None:
            self._finish(trial, "Pending", f"it could not be put in place: {ended.message}")
        else:
            self._ends(trial, kind, ended, ended.item)

    def _passed(self, trial: _Trial, kind: str) -> None:
        if kind == "mutant":
            self._finish(trial, "Survived")
        else:
            self._go_on(trial)

    def _fails(self, trial: _Trial, kind: str, job: Job, failed: int) -> None:
        trial.suspect, trial.ending, trial.reason = failed, "end", ""
        if kind == "mutant" and job.items[0] != failed:
            self._submit(trial, "alone", (failed,), WIDE)
        else:
            self._ask_original(trial)

    def _ends(self, trial: _Trial, kind: str, ended: Ended, item: int) -> None:
        """A worker that ended badly: once is a suspicion, twice the same test alone is a fact."""
        if kind == "alone" and ended.ending != "end":
            trial.ending, trial.reason = ended.ending, ended.message
            self._ask_original(trial)
            return
        trial.suspect = item
        self._submit(trial, "alone", (item,), WIDE)

    def _ask_original(self, trial: _Trial) -> None:
        """The other half of a certificate: the test alone passes on the original; asked once a test."""
        test = _suspect(trial)
        if test in self._sound:
            self._certify(trial)
        elif test in self._waiting:
            self._waiting[test].append(trial)
        else:
            self._waiting[test] = [trial]
            self._submit(trial, "original", (test,), WIDE)

    def _original(self, ended: Ended, failed: int | None) -> None:
        (test,) = ended.job.items
        self._sound[test] = ended.ending == "end" and failed is None
        for trial in self._waiting.pop(test):
            self._certify(trial)

    def _certify(self, trial: _Trial) -> None:
        test = _suspect(trial)
        if not self._sound[test]:
            self._go_on(trial)
            return
        status: Status = "Killed"
        if trial.ending == "timeout":
            status = "Timeout"
        elif trial.ending != "end":
            status = "RuntimeError"
        self._remember(trial.plan.mutant, test)
        self._finish(trial, status, trial.reason, test)

    def _go_on(self, trial: _Trial) -> None:
        """The suspect is no evidence: try the tests that have not run yet."""
        position = trial.left.index(_suspect(trial))
        trial.left, trial.suspect = trial.left[position + 1 :], None
        if trial.left:
            self._queue.appendleft(trial)
        else:
            self._finish(trial, "Survived")

    def _remember(self, mutant: Mutant, test: int) -> None:
        for key in ((mutant.path, mutant.function), (mutant.path, "")):
            killers = self._killers.setdefault(key, [])
            if test in killers:
                killers.remove(test)
            killers.insert(0, test)
            del killers[RECENT:]

    def _finish(
        self, trial: _Trial, status: Status, reason: str = "", killer: int | None = None
    ) -> None:
        self._finished.append(
            MutantResult(
                mutant=trial.plan.mutant,
                status=status,
                reason=reason,
                killed_by=None if killer is None else self._items[killer].test,
                covered_by=tuple(self._items[test].test for test in trial.plan.tests),
                seconds=trial.seconds,
            )
        )


class Edits:
    """What a worker needs to know of each mutant, with the text of its function as it becomes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, bytes] = {}

    def of(self, mutant: Mutant) -> dict[str, Any]:
        """Describe one mutant; positions are those of `Mutant`."""
        unit = mutant.unit
        edit = {
            "file": os.path.realpath(self._root / mutant.path),
            "start": mutant.start,
            "end": mutant.end,
            "replacement": mutant.replacement,
            "moment": mutant.moment,
            "parameter": mutant.parameter,
            "default": mutant.default,
        }
        if unit is None:
            return edit
        original = self._text(mutant.path)
        mutated = original[: mutant.start] + mutant.replacement.encode() + original[mutant.end :]
        more = mutated.count(b"\n") - original.count(b"\n")
        return edit | {
            "qualname": unit.qualname,
            "line": unit.line,
            "headers": list(unit.headers),
            "flags": _future_flags(original),
            "original": _lines(original, unit.line, unit.end_line),
            "text": _lines(mutated, unit.line, unit.end_line + more),
        }

    def _text(self, path: str) -> bytes:
        """The source as UTF-8, without BOM and cookie."""
        if path not in self._texts:
            data = (self._root / path).read_bytes()
            encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
            self._texts[path] = data.decode(encoding).encode()
        return self._texts[path]


def _lines(source: bytes, first: int, last: int) -> str:
    return b"\n".join(source.split(b"\n")[first - 1 : last]).decode()


def _future_flags(source: bytes) -> int:
    """The `from __future__` features of a module, as flags for compile()."""
    imports = re.findall(rb"^from __future__ import (\([^)]*\)|[^\n#]+)", source, re.MULTILINE)
    found = {name.decode() for each in imports for name in re.findall(rb"\w+", each)}
    return sum(
        getattr(__future__, name).compiler_flag
        for name in found & set(__future__.all_feature_names)
    )


def _suspect(trial: _Trial) -> int:
    if trial.suspect is None:
        raise AssertionError("a certificate needs a test")
    return trial.suspect
