"""The verdicts of mutmut and of the gate on the same mutants: pairs, tables, the cause of each difference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import get_mutant_name
from parity_generate import Key, Theirs, mutmut_mutants, our_keys, reason, settle_mutmut

from gate.model import Evidence, Mutant, MutantResult
from gate.mutate.generate import generate
from gate.mutate.text import read_text

STATUSES = (
    *("Killed", "Survived", "NoCoverage", "Timeout"),
    *("CompileError", "RuntimeError", "Ignored", "Pending"),
)
NOT_MADE = "not made"
DISAGREE = "disagreement"
_SAME = {
    ("killed", "Killed"),
    ("survived", "Survived"),
    ("no tests", "NoCoverage"),
    ("timeout", "Timeout"),
    ("segfault", "RuntimeError"),
}
_UNDETECTED = {
    ("survived", "NoCoverage"): "no test runs the line; mutmut counts by function",
    ("no tests", "Survived"): "tests run it, but not through a call that mutmut sees",
}
_THEIR_DETECTED = {"killed", "timeout", "segfault"}
_OUR_DETECTED = {"Killed", "Timeout", "RuntimeError"}


class ParityError(Exception):
    """The two runs cannot be compared."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A mutant and what both sides say of it; a side that did not make it says `not made`.

    `name` is mutmut's, `mutant` and `entry` (of the results document) are the gate's.
    """

    path: str
    line: int
    theirs: str
    ours: str
    name: str = ""
    mutant: Mutant | None = None
    entry: MutantResult | None = None


def compare(root: Path, files: Iterable[str], document: Evidence) -> list[Pair]:
    """Pair the mutants of mutmut's run in `root` with those of a results document.

    Raises ParityError when a run did not make the mutants that its tool makes of these files.
    """
    settle_mutmut()
    entries = {result.mutant.id: result for result in document.mutant_run.results}
    pairs: list[Pair] = []
    for path in files:
        source = (root / path).read_bytes()
        mutants = generate(path, source)
        theirs = list(mutmut_mutants(source.decode()))
        verdicts = mutmut_verdicts(root, path)
        names = {each: get_mutant_name(Path(path), each.name) for each in theirs}
        _check_same(f"mutmut on {path}", set(names.values()), set(verdicts))
        ids = {name for name, result in entries.items() if result.mutant.path == path}
        _check_same(f"the gate on {path}", {mutant.id for mutant in mutants}, ids)
        for one, other in matched(theirs, our_keys(read_text(path, source), mutants)):
            pairs.append(_pair(path, one, other, verdicts, entries))
    return pairs


def mutmut_verdicts(root: Path, path: str) -> dict[str, str]:
    """Read mutmut's word for each of its mutants of a file."""
    meta = root / "mutants" / f"{path}.meta"
    codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    return {name: status_by_exit_code[code] for name, code in codes.items()}


def matched(
    theirs: Iterable[Theirs], ours: Mapping[Key, Sequence[Mutant]]
) -> list[tuple[Theirs | None, Mutant | None]]:
    """Pair mutants of the same key: in the order of the file, by nearest line where counts differ."""
    by_key: dict[Key, list[Theirs]] = {}
    for each in theirs:
        by_key.setdefault(each.key, []).append(each)
    pairs: list[tuple[Theirs | None, Mutant | None]] = []
    for key in dict.fromkeys([*by_key, *ours]):
        left = sorted(by_key.get(key, ()), key=lambda each: each.line)
        right = sorted(ours.get(key, ()), key=lambda mutant: mutant.start)
        partners = _partners([each.line for each in left], [mutant.line for mutant in right])
        pairs += [(left[at], right[to]) for at, to in partners.items()]
        pairs += [(each, None) for at, each in enumerate(left) if at not in partners]
        taken = set(partners.values())
        pairs += [(None, mutant) for to, mutant in enumerate(right) if to not in taken]
    return pairs


def _partners(left: Sequence[int], right: Sequence[int]) -> dict[int, int]:
    """Map positions of the one to positions of the other, given the sorted lines of both."""
    if len(left) == len(right):
        return {at: at for at in range(len(left))}
    near = sorted(
        (abs(line - other), at, to)
        for at, line in enumerate(left)
        for to, other in enumerate(right)
    )
    partners: dict[int, int] = {}
    for _, at, to in near:
        if at not in partners and to not in partners.values():
            partners[at] = to
    return partners


def cause(pair: Pair) -> str:
    """Say why the two verdicts of a pair differ; empty when they do not."""
    verdicts = theirs, ours = pair.theirs, pair.ours
    why = pair.entry.reason if pair.entry else ""
    if verdicts in _SAME:
        return ""
    if pair.mutant is None:
        return "only mutmut makes it"
    if theirs == NOT_MADE:
        return f"only the gate makes it: {reason(pair.mutant)}"
    if theirs in _THEIR_DETECTED and ours in _OUR_DETECTED:
        return f"both detect it: mutmut as {theirs}, the gate as {ours}"
    known = {
        "Ignored": f"the gate ignores it: {why.partition(':')[0]}",
        "Pending": f"the gate cannot tell: {why}",
        "CompileError": "it does not compile",
    }
    return known.get(ours, _UNDETECTED.get(verdicts, DISAGREE))


def verdict_table(pairs: Iterable[Pair]) -> list[str]:
    """Count the pairs of verdicts, as a Markdown table: a row for each word of mutmut's."""
    counts = Counter((pair.theirs, pair.ours) for pair in pairs)
    columns = [word for word in (*STATUSES, NOT_MADE) if any(word == ours for _, ours in counts)]
    rows = sorted({theirs for theirs, _ in counts}, key=lambda word: (word == NOT_MADE, word))
    lines = [_row("mutmut \\ gate", *columns, "sum"), _row(*["---"] * (len(columns) + 2))]
    for theirs in rows:
        cells = [counts[theirs, ours] for ours in columns]
        lines.append(_row(theirs, *(cell or "" for cell in cells), sum(cells)))
    return lines


def cause_table(pairs: Iterable[Pair]) -> list[str]:
    """Count the differing pairs by cause, as a Markdown table."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for pair in pairs:
        if why := cause(pair):
            counts[why, pair.theirs, pair.ours] += 1
    lines = [_row("Cause", "mutmut", "gate", "Mutants"), _row(*["---"] * 4)]
    return lines + [_row(*key, number) for key, number in sorted(counts.items())]


def agreement(pairs: Sequence[Pair]) -> str:
    """Say how many of the mutants that both made have the same verdict."""
    both = [pair for pair in pairs if NOT_MADE not in (pair.theirs, pair.ours)]
    same = sum(not cause(pair) for pair in both)
    apart = sum(cause(pair) == DISAGREE for pair in both)
    return (
        f"{len(both)} mutants made by both: {same} same verdicts, {len(both) - same - apart} that differ "
        f"in words, {apart} disagreements. {len(pairs) - len(both)} made by one side."
    )


def change(pair: Pair) -> str:
    """Show the change of a pair on one line."""
    if pair.mutant is None:
        return pair.name
    before, after = (
        " ".join(each.split()) for each in (pair.mutant.original, pair.mutant.replacement)
    )
    return f"{before} → {after}"


def who_is_right(pair: Pair, end: str) -> str:
    """Say whose verdict plain pytest bears out: `end` is how its run on the mutated file ended."""
    if end not in ("passed", "failed", "uncollected", "crashed", "hung"):
        return "nobody knows"
    noticed = end != "passed"
    theirs = pair.theirs in _THEIR_DETECTED
    ours = pair.ours in _OUR_DETECTED
    return {
        (True, True): "both",
        (True, False): "mutmut",
        (False, True): "gate",
        (False, False): "neither",
    }[theirs == noticed, ours == noticed]


def _pair(
    path: str,
    one: Theirs | None,
    other: Mutant | None,
    verdicts: Mapping[str, str],
    entries: Mapping[str, MutantResult],
) -> Pair:
    name = get_mutant_name(Path(path), one.name) if one else ""
    entry = entries[other.id] if other else None
    return Pair(
        path=path,
        line=other.line if other else (one.line if one else 0),
        theirs=verdicts[name] if one else NOT_MADE,
        ours=entry.status if entry else NOT_MADE,
        name=name,
        mutant=other,
        entry=entry,
    )


def _check_same(what: str, expected: set[str], found: set[str]) -> None:
    if expected != found:
        gone, new = sorted(expected - found)[:3], sorted(found - expected)[:3]
        raise ParityError(f"{what}: it did not run {gone}, and ran {new} that it does not make now")


def _row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"
