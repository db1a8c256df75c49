"""The gate beside mutmut on the same files: wall and CPU of both in turn, and every verdict compared.

    python benchmarks/mutation.py [SUBJECT...] [--pairs N] [--work DIR]

Prints Markdown. CPU is user and system time of all processes that a command started, orphans included.
"""

from __future__ import annotations

import ast
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import parity
from decisive import decisive_seconds
from plain import Plain
from subjects import (
    Subject,
    SubjectError,
    chosen,
    copy,
    environment,
    interpreter,
    mutmut_text,
    parser,
    policy_text,
    say,
    work_folder,
)

from gate.results.document import Results, read_results
from gate.worker.kernel import adopt_orphans, descendants

# The gate's exit codes that come with a results document: pass, fail, inconclusive.
JUDGED = {0, 3, 5}
# How long what a command left running may go on, in seconds.
GRACE = 5.0
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took, in seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Round:
    """One pair: mutmut, the gate without a history, and the gate again. Mutants are those with a verdict."""

    subject: str
    number: int
    mutmut: Cost
    first: Cost
    again: Cost
    their_mutants: int
    our_mutants: int
    ignored: int
    decisive: float


def main() -> int:
    """Run the pairs of every subject and print the tables."""
    begun = parser(str(__doc__))
    begun.add_argument("--pairs", type=int, default=1, help="how often each runs (default: 1)")
    begun.add_argument("--jobs", type=int, default=2, help="workers of both sides (default: 2)")
    begun.add_argument("--files", nargs="+", help="mutate only these files of the subject")
    begun.add_argument(
        "--functions", action="store_true", help="name the functions to the gate, not the files"
    )
    begun.add_argument("--all", action="store_true", help="the gate ignores no mutant as noise")
    begun.add_argument(
        "--judge", type=int, default=50, help="disagreements to settle (default: 50)"
    )
    arguments = begun.parse_args()
    adopt_orphans()
    rounds: list[Round] = []
    pages: list[str] = []
    with work_folder(arguments.work) as work:
        for subject in chosen(arguments.subjects):
            narrowed = replace(subject, files=tuple(arguments.files or subject.files))
            bench = Bench(narrowed, work, arguments.jobs, noise=not arguments.all)
            bench.functions = arguments.functions
            rounds += [bench.round(number) for number in range(1, arguments.pairs + 1)]
            pages += bench.parity(arguments.judge)
    for line in (*circumstances(arguments.jobs), "", *speed_table(rounds)):
        say(line)
    for line in ("", *again_table(rounds), *pages):
        say(line)
    return 0


class Bench:
    """One subject: where its copies are, and how both tools are started on it."""

    def __init__(self, subject: Subject, work: Path, jobs: int, noise: bool) -> None:
        self._subject = subject
        self._folder = work / subject.name
        self._jobs = jobs
        self._python = interpreter(subject, work)
        self.functions = False
        self._policy = self._folder / "policy.toml"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._policy.write_text(policy_text(subject, noise), encoding="utf-8")

    @property
    def _mutmut_root(self) -> Path:
        return self._folder / "mutmut"

    def round(self, number: int) -> Round:
        """Run mutmut, the gate, and the gate again, each on a fresh copy but the last."""
        subject = self._subject
        progress(f"{subject.name}, pair {number}: mutmut")
        theirs = self._run_mutmut()
        verdicts = [
            verdict
            for path in subject.files
            for verdict in parity.mutmut_verdicts(self._mutmut_root, path).values()
        ]
        progress(f"{subject.name}, pair {number}: gate")
        root = copy(subject, self._folder / "gate")
        shutil.rmtree(self._folder / "out", ignore_errors=True)
        first = self._run_gate(root)
        document = self._document()
        progress(f"{subject.name}, pair {number}: gate again")
        again = self._run_gate(root)
        counts = document.mutant_run.counts
        ignored = counts["Ignored"]
        ours = sum(counts.values()) - ignored
        decisive = decisive_seconds(subject, self._python, root, document)
        theirs_made = len(verdicts)
        return Round(
            subject.name, number, theirs, first, again, theirs_made, ours, ignored, decisive
        )

    def parity(self, judge: int) -> Iterator[str]:
        """Compare the verdicts of the last round and settle up to `judge` disagreements."""
        subject = self._subject
        pairs = parity.compare(self._mutmut_root, subject.files, self._document())
        yield from ("", f"## {subject.name}: verdicts", "", parity.agreement(pairs), "")
        yield from parity.verdict_table(pairs)
        yield from ("", "What differs, by cause:", "")
        yield from parity.cause_table(pairs)
        apart = [pair for pair in pairs if parity.cause(pair) == parity.DISAGREE]
        yield from ("", f"Disagreements: {len(apart)}.")
        if apart:
            yield from self._settled(apart, judge)

    def _settled(self, pairs: Sequence[parity.Pair], most: int) -> Iterator[str]:
        plain = Plain(self._subject, self._python, self._folder / "judge")
        yield from (
            "",
            "| Place | Change | mutmut | gate | plain pytest | Right |",
            "|" + " --- |" * 6,
        )
        for number, pair in enumerate(pairs):
            progress(f"{self._subject.name}: disagreement {number + 1} of {len(pairs)}")
            ran = plain.run(self._subject.tests, 300, pair.mutant) if number < most else None
            end, right = (
                (ran.end, parity.who_is_right(pair, ran.end)) if ran else ("–", "not judged")
            )
            shown = parity.change(pair).replace("|", "\\|")
            place, ours = f"{pair.path}:{pair.line}", f"{pair.ours} {_id(pair)}"
            yield f"| {place} | `{shown}` | {pair.theirs} | {ours} | {end} | {right} |"

    def _run_mutmut(self) -> Cost:
        root = copy(self._subject, self._mutmut_root)
        with (root / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(mutmut_text(self._subject))
        command = [str(Path(self._python).with_name("mutmut")), "run"]
        command += ["--max-children", str(self._jobs)]
        log = self._folder / "mutmut.log"
        cost, code = measured(command, root, environment(self._subject, root), log)
        if code != 0:
            raise SubjectError(f"mutmut ended with {code}; the end of {log}:\n{tail(log)}")
        return cost

    def _run_gate(self, root: Path) -> Cost:
        targets = functions(root, self._subject.files) if self.functions else self._subject.files
        command = [str(Path(sys.executable).with_name("gate")), "mutate", *targets]
        command += ["--policy", str(self._policy), "--python", self._python]
        command += ["--jobs", str(self._jobs), "--out", str(self._folder / "out")]
        log = self._folder / "gate.log"
        cost, code = measured(command, root, environment(self._subject, root), log)
        if code not in JUDGED:
            raise SubjectError(f"gate ended with {code}; the end of {log}:\n{tail(log)}")
        return cost

    def _document(self) -> Results:
        return read_results(self._folder / "out" / "results.json")


def functions(root: Path, files: Sequence[str]) -> list[str]:
    """Name the functions and methods of files, as targets, whose mutants are those of mutmut and few more."""
    named = []
    for file in files:
        module = ast.parse((root / file).read_bytes())
        classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
        owners = [("", module), *((f"{node.name}.", node) for node in classes)]
        for prefix, owner in owners:
            found = (node for node in owner.body if isinstance(node, _FUNCTIONS))
            named += [f"{file}::{prefix}{node.name}" for node in found]
    return list(dict.fromkeys(named))


def measured(
    command: Sequence[str], folder: Path, environment: dict[str, str], log: Path
) -> tuple[Cost, int]:
    """Run a command and give its cost and exit code; call `adopt_orphans` once before.

    The kernel adds a process's CPU to its parent's account when the parent waits for it, so everything
    that the command has left behind is waited for here.
    """
    before, started = _children_cpu(), time.perf_counter()
    with log.open("wb") as output:
        finished = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    wall = time.perf_counter() - started
    _wait_for_orphans()
    return Cost(wall, _children_cpu() - before), finished.returncode


def speed_table(rounds: Sequence[Round]) -> list[str]:
    """Show what both took, as a Markdown table."""
    header = "Subject | Pair | | Mutants | Wall s | CPU s | CPU ms per mutant"
    ratios = "mutmut ÷ gate: wall | CPU | CPU per mutant"
    lines = [f"| {header} | {ratios} |", "|" + " --- |" * 10]
    for each in rounds:
        theirs = 1000 * each.mutmut.cpu / max(1, each.their_mutants)
        ours = 1000 * each.first.cpu / max(1, each.our_mutants)
        name = f"{each.subject} | {each.number}"
        left = (
            f"{each.their_mutants} | {each.mutmut.wall:.1f} | {each.mutmut.cpu:.1f} | {theirs:.0f}"
        )
        lines.append(f"| {name} | mutmut | {left} | | | |")
        mutants = f"{each.our_mutants} (and {each.ignored} ignored)"
        left = f"{mutants} | {each.first.wall:.1f} | {each.first.cpu:.1f} | {ours:.0f}"
        wall, cpu = each.mutmut.wall / each.first.wall, each.mutmut.cpu / each.first.cpu
        lines.append(f"| {name} | gate | {left} | {wall:.1f} | {cpu:.1f} | {theirs / ours:.1f} |")
    return lines


def again_table(rounds: Sequence[Round]) -> list[str]:
    """Show the gate's second run, and the time of the decisive tests, beside its first in Markdown."""
    header = "Subject | Pair | gate again: wall s | CPU s | again ÷ first: wall | CPU"
    decisive = "decisive tests s | CPU of the first ÷ decisive"
    lines = [f"| {header} | {decisive} |", "|" + " --- |" * 8]
    for each in rounds:
        first, again = each.first, each.again
        ratios = f"{again.wall / first.wall:.2f} | {again.cpu / first.cpu:.2f}"
        costs = f"{again.wall:.1f} | {again.cpu:.1f}"
        decisive = f"{each.decisive:.1f} | {first.cpu / each.decisive:.1f}"
        lines.append(f"| {each.subject} | {each.number} | {costs} | {ratios} | {decisive} |")
    return lines


def circumstances(jobs: int) -> list[str]:
    """Say when and on what this was measured."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    python = ".".join(map(str, sys.version_info[:3]))
    day = datetime.now(UTC).date()
    machine = f"{os.cpu_count()} cores, Python {python}, {jobs} workers each"
    return [f"{day}: {machine}; load averages at the end {load}."]


def tail(log: Path) -> str:
    """Give the last lines of a log."""
    return log.read_text(encoding="utf-8", errors="replace")[-3000:]


def progress(line: str) -> None:
    """Say what is being done, apart from the tables."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wait_for_orphans() -> None:
    deadline = time.monotonic() + GRACE
    with suppress(ChildProcessError):
        while True:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.01)
            if time.monotonic() > deadline:
                for process in descendants(os.getpid()):
                    with suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)


def _id(pair: parity.Pair) -> str:
    return f"`{pair.mutant.id}`" if pair.mutant else ""


if __name__ == "__main__":
    sys.exit(main())
