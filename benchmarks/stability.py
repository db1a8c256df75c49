"""The same verdicts however the gate runs: 1, 2 or 8 workers, cold or warm, whole or in parts.

    python benchmarks/stability.py [SUBJECT...] [--work DIR]

Compares every run with the first, mutant by mutant, and prints a table and each difference.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from subjects import (
    Subject,
    SubjectError,
    chosen,
    copy,
    environment,
    interpreter,
    parser,
    policy_text,
    run,
    say,
    work_folder,
)

from gate.mutate.generate import generate
from gate.results.document import read_results

# The gate's exit codes that come with a results document: pass, fail, inconclusive.
JUDGED = {0, 3, 5}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one run says of one mutant."""

    place: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run, and its verdicts by mutant id."""

    name: str
    seconds: float
    verdicts: Mapping[str, Verdict]


def main() -> int:
    """Run every way on every subject, and print what is not the same."""
    begun = parser(str(__doc__))
    begun.add_argument("--files", nargs="+", help="mutate only these files of the subject")
    begun.add_argument(
        "--budget", default="10s", help="of the run that is cut short (default: 10s)"
    )
    arguments = begun.parse_args()
    unlike = 0
    with work_folder(arguments.work) as work:
        for subject in chosen(arguments.subjects):
            narrowed = replace(subject, files=tuple(arguments.files or subject.files))
            ways = Ways(narrowed, work)
            runs = list(ways.runs(arguments.budget))
            for line in ("", f"## {subject.name}", "", *table(runs)):
                say(line)
            found = [line for other in runs[1:] for line in differences(runs[0], other)]
            unlike += len(found)
            for line in ("", f"{len(found)} differences.", *found):
                say(line)
    return 1 if unlike else 0


class Ways:
    """Every way to run the gate on one subject, all on one checkout."""

    def __init__(self, subject: Subject, work: Path) -> None:
        self._subject = subject
        self._folder = work / subject.name / "stability"
        self._python = interpreter(subject, work)
        self._root = copy(subject, self._folder / "checkout")
        self._begun: set[str] = set()
        self._policy = self._folder / "policy.toml"
        self._policy.write_text(policy_text(subject), encoding="utf-8")

    def runs(self, budget: str) -> Iterator[Run]:
        """Run all ways; a folder for results that is named twice is warm the second time."""
        files = self._subject.files
        yield self._run("1 worker, cold", "one", files, 1)
        yield self._run("1 worker, warm", "one", files, 1)
        yield self._run("2 workers, cold", "two", files, 2)
        yield self._run("2 workers, warm", "two", files, 2)
        yield self._run("8 workers, cold", "eight", files, 8)
        first, second = halves(self._names())
        yield self._run("one half of the functions, 2 workers", "halves", first, 2)
        yield self._run("the other half, after it", "halves", second, 2)
        cut = self._run(f"2 workers, ended after {budget}", "budget", files, 2, "--budget", budget)
        yield replace(cut, verdicts=decided(cut.verdicts))
        yield self._run("2 workers, the rest", "budget", files, 2)

    def _names(self) -> list[str]:
        """Name the outermost functions and classes that hold mutants, as targets."""
        names: dict[str, None] = {}
        for path in self._subject.files:
            for mutant in generate(path, (self._root / path).read_bytes()):
                if mutant.function:
                    names[f"{path}::{mutant.function.partition('.')[0]}"] = None
        return list(names)

    def _run(self, name: str, out: str, targets: Sequence[str], jobs: int, *more: str) -> Run:
        folder = self._folder / out
        if out not in self._begun:
            shutil.rmtree(folder, ignore_errors=True)
            self._begun.add(out)
        sys.stderr.write(f"{self._subject.name}: {name}\n")
        command = [str(Path(sys.executable).with_name("gate")), "mutate", *targets]
        command += ["--policy", str(self._policy), "--python", self._python]
        command += ["--jobs", str(jobs), "--out", str(folder), *more]
        started = time.perf_counter()
        finished = run(command, self._root, environment(self._subject, self._root))
        seconds = time.perf_counter() - started
        if finished.returncode not in JUDGED:
            raise SubjectError(f"gate ended with {finished.returncode}:\n{finished.stdout}")
        return Run(name, seconds, read_verdicts(folder / "results.json"))


def read_verdicts(results: Path) -> dict[str, Verdict]:
    """Read the verdicts of a results document, by mutant id."""
    return {
        result.mutant.id: Verdict(
            f"{result.mutant.path}:{result.mutant.line}", result.status, result.reason
        )
        for result in read_results(results).mutant_run.results
    }


def decided(verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Leave out the mutants that a run did not come to."""
    return {name: each for name, each in verdicts.items() if each.status != "Pending"}


def halves(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Put every other name into each half. Raises SubjectError when there is but one."""
    if len(names) < 2:
        raise SubjectError(f"one function alone cannot be run in two parts: {names}")
    return list(names[::2]), list(names[1::2])


def differences(first: Run, other: Run) -> list[str]:
    """Name the mutants of the other run to which the first gives another status, or none."""
    lines = []
    for name, each in other.verdicts.items():
        expected = first.verdicts.get(name, Verdict(each.place, "not run"))
        if each.status != expected.status:
            told = f"{expected.status} {expected.reason}".strip()
            said = f"{each.status} {each.reason}".strip()
            lines.append(f"- {each.place} {name}: {first.name}: {told}; {other.name}: {said}")
    return lines


def table(runs: Sequence[Run]) -> list[str]:
    """Show each run beside the first, as a Markdown table."""
    lines = ["| Run | Wall s | Mutants | of the first's | Different |", "|" + " --- |" * 5]
    total = len(runs[0].verdicts)
    for each in runs:
        unlike = len(differences(runs[0], each))
        lines.append(
            f"| {each.name} | {each.seconds:.1f} | {len(each.verdicts)} | {total} | {unlike} |"
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
