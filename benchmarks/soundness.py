"""Verdicts drawn at random, proved again by plain pytest in a fresh interpreter on the mutated source.

    python benchmarks/soundness.py [SUBJECT[=RESULTS]...] [--work DIR] [--seed N]

RESULTS is a results document of `gate mutate` on the subject; without it the one that
`mutation.py --work DIR` has left. For each kill: the killer alone passes on the original and fails on
the mutant. For each survivor: the whole suite passes.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from plain import End, Plain, Ran
from subjects import Subject, SubjectError, chosen, interpreter, parser, say, work_folder

from gate.errors import GateError
from gate.model import Mutant
from gate.mutate.generate import generate
from gate.results.document import read_results

KILLS = ("Killed", "Timeout", "RuntimeError")
# How plain pytest ends for each status that can be drawn. A mutant that breaks the import of its
# test file fails the test that is to be run, whatever pytest calls it.
EXPECTED: Mapping[str, tuple[End, ...]] = {
    "Killed": ("failed", "uncollected"),
    "Timeout": ("hung",),
    "RuntimeError": ("crashed", "failed", "uncollected"),
    "Survived": ("passed",),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a results document says of one mutant, and the tests that bear it out."""

    subject: str
    path: str
    line: int
    id: str
    status: str
    reason: str
    change: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """How plain pytest ended for a claim; `wrong` says what contradicts it, empty when nothing does."""

    claim: Claim
    end: str
    wrong: str = ""
    tail: str = ""


def main() -> int:
    """Draw claims, prove each, and print the counts and every exception."""
    begun = parser(str(__doc__))
    begun.add_argument("--seed", type=int, default=0, help="of the draw (default: 0)")
    begun.add_argument("--kills", type=int, default=200, help="to draw (default: 200)")
    begun.add_argument("--survivors", type=int, default=200, help="to draw (default: 200)")
    begun.add_argument("--jobs", type=int, default=2, help="runs at a time (default: 2)")
    begun.add_argument("--limit", type=float, default=60, help="seconds for a run (default: 60)")
    arguments = begun.parse_args()
    named = dict(part.partition("=")[::2] for part in arguments.subjects)
    proofs: list[Proof] = []
    with work_folder(arguments.work) as work:
        subjects = {subject.name: subject for subject in chosen(list(named))}
        claims = {
            name: read_claims(name, Path(named.get(name) or work / name / "out" / "results.json"))
            for name in subjects
        }
        draw = random.Random(arguments.seed)
        both = drawn(draw, _of(claims, KILLS), arguments.kills)
        both += drawn(draw, _of(claims, ("Survived",)), arguments.survivors)
        for name, subject in subjects.items():
            lab = Laboratory(subject, work, arguments.jobs, arguments.limit)
            proofs += lab.prove([claim for claim in both if claim.subject == name])
    for line in (f"Seed {arguments.seed}.", "", *table(proofs), *exceptions(proofs)):
        say(line)
    return 1 if any(proof.wrong for proof in proofs) else 0


def read_claims(subject: str, results: Path) -> list[Claim]:
    """Read what a results document says of the detected and the surviving mutants."""
    try:
        document = read_results(results)
    except GateError as error:
        raise SubjectError(f"no results of {subject}: {error.message}") from error
    return [
        Claim(
            subject=subject,
            path=result.mutant.path,
            line=result.mutant.line,
            id=result.mutant.id,
            status=result.status,
            reason=result.reason,
            change=f"{result.mutant.original} → {result.mutant.replacement}",
            tests=(result.killed_by or "",) if result.status in KILLS else result.covered_by,
        )
        for result in document.mutant_run.results
        if result.status in EXPECTED
    ]


def drawn(draw: random.Random, claims: Mapping[str, Sequence[Claim]], wanted: int) -> list[Claim]:
    """Draw claims without repetition, from each subject a share by its size."""
    parts = shares({name: len(of) for name, of in claims.items()}, wanted)
    return [claim for name, number in parts.items() for claim in draw.sample(claims[name], number)]


def shares(sizes: Mapping[str, int], wanted: int) -> dict[str, int]:
    """Cut `wanted` into shares by size; the largest remainders get what rounding down leaves."""
    total = sum(sizes.values())
    wanted = min(wanted, total)
    parts = {name: wanted * size // total if total else 0 for name, size in sizes.items()}
    by_rest = sorted(sizes, key=lambda name: -(wanted * sizes[name] % total) if total else 0)
    for name in by_rest[: wanted - sum(parts.values())]:
        parts[name] += 1
    return parts


class Laboratory:
    """Checkouts of one subject, one for each run at a time."""

    def __init__(self, subject: Subject, work: Path, jobs: int, limit: float) -> None:
        self._subject = subject
        self._jobs = jobs
        self._limit = limit
        self._folder = work / subject.name
        self._python = interpreter(subject, work)
        self._free: SimpleQueue[Plain] = SimpleQueue()
        self._mutants: dict[str, Mutant] = {}
        self._originals: dict[tuple[str, ...], Ran] = {}

    def prove(self, claims: Sequence[Claim]) -> Iterator[Proof]:
        """Prove claims about the subject, in their order."""
        for number in range(self._jobs if claims else 0):
            self._free.put(Plain(self._subject, self._python, self._folder / f"proof-{number}"))
        for path in sorted({claim.path for claim in claims}):
            source = (self._folder / "proof-0" / path).read_bytes()
            self._mutants |= {mutant.id: mutant for mutant in generate(path, source)}
        with ThreadPoolExecutor(self._jobs) as pool:
            for number, proof in enumerate(pool.map(self._proof, claims), start=1):
                sys.stderr.write(f"{self._subject.name}: {number} of {len(claims)} {proof.wrong}\n")
                yield proof

    def _proof(self, claim: Claim) -> Proof:
        if claim.id not in self._mutants:
            return Proof(claim, "not run", "the source at this commit holds no such mutant")
        if "memory" in claim.reason:
            return Proof(claim, "not run", "plain pytest has no limit of memory to prove this with")
        plain = self._free.get()
        try:
            return self._run(plain, claim)
        finally:
            self._free.put(plain)

    def _run(self, plain: Plain, claim: Claim) -> Proof:
        if claim.status in KILLS:
            if claim.tests not in self._originals:
                self._originals[claim.tests] = plain.run(claim.tests, self._limit)
            original = self._originals[claim.tests]
            if original.end != "passed":
                wrong = f"on the original the killer {original.end}"
                return Proof(claim, original.end, wrong, original.tail)
        # A survivor passes the whole suite, not only the tests that are known to run it.
        tests = claim.tests if claim.status in KILLS else self._subject.tests
        ran = plain.run(tests, self._limit, self._mutants[claim.id])
        wrong = "" if ran.end in EXPECTED[claim.status] else f"plain pytest: {ran.end}"
        return Proof(claim, ran.end, wrong, ran.tail if wrong else "")


def table(proofs: Iterable[Proof]) -> list[str]:
    """Count the proofs by subject, status and end, as a Markdown table."""
    counts = Counter(
        (each.claim.subject, each.claim.status, each.end, "no" if each.wrong else "yes")
        for each in proofs
    )
    lines = ["| Subject | Certified as | Plain pytest | Borne out | Mutants |", "|" + " --- |" * 5]
    rows = sorted(counts.items())
    return lines + [f"| {' | '.join(key)} | {number} |" for key, number in rows]


def exceptions(proofs: Sequence[Proof]) -> list[str]:
    """Show every claim that was not borne out, with the end of what pytest printed."""
    wrong = [proof for proof in proofs if proof.wrong]
    lines = ["", f"{len(proofs)} proved, {len(wrong)} exceptions."]
    for proof in wrong:
        claim = proof.claim
        said = f"{claim.status} {claim.reason}".strip()
        lines += ["", f"## {claim.path}:{claim.line} {claim.id}: {said}; {proof.wrong}"]
        lines += [claim.change, f"tests: {', '.join(claim.tests[:5])}", "", proof.tail]
    return lines


def _of(claims: Mapping[str, Sequence[Claim]], statuses: Sequence[str]) -> dict[str, list[Claim]]:
    return {
        name: [claim for claim in of if claim.status in statuses] for name, of in claims.items()
    }


if __name__ == "__main__":
    sys.exit(main())
