"""Rules about the evidence of mutants: were they run, what stayed open, and which are waived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from gate.model import MUTATION, Evidence, Finding, MutantResult, MutationRun, score_of
from gate.policy.model import Policy, Waiver

_NAMED_REASONS = 5
_WAIVED = "waived:"
_TRY_AGAIN = "Remove the cause that the message names and run the gate again."
_NOTED = "What it names took no part. Nothing to do where that is meant."
_NO_MUTANTS = "Name files with code that can be wrong in [mutation] core, or see [mutation] noise."
_INVALID = {
    "broken": ("does not compile", "do not compile"),
    "noise": ("is noise", "are noise"),
    "waived": ("is waived", "are waived"),
}


def mutation_measured(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Demand evidence: a run without holes, and mutants that count in the files that it gates."""
    del today
    run = evidence.mutation
    if run is None:
        yield from _not_run(policy, evidence)
        return
    for problem in dict.fromkeys(run.problems):
        yield _unmeasured(f"{problem.subject}: {problem.message}", _TRY_AGAIN)
    if not run.changed:
        yield from _without_core(policy, evidence, run)
        yield from _without_mutants(policy, run)
    yield from _unresolved(run)
    for note in dict.fromkeys(run.notes):
        yield Finding("mutation.measured", "warning", note, help=_NOTED)


def mutation_waivers(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """List what does not count by agreement, and refuse what has expired or stands in no policy."""
    run = evidence.mutation or MutationRun(())
    results = {result.mutant.id: result for result in run.results}
    # A run over some of the mutants says nothing about waivers for the others.
    whole = evidence.mutation is not None and not run.changed and evidence.command == "check"
    for waiver in policy.mutation.waive:
        if waiver.expires < today or waiver.mutant in results or whole:
            yield _waiver(waiver, results.get(waiver.mutant), today)
    known = {waiver.mutant for waiver in policy.mutation.waive}
    for result in sorted(run.results, key=place):
        if _is_waived(result) and result.mutant.id not in known:
            yield Finding(
                "mutation.waivers",
                "error",
                f"mutant {result.mutant.id} was left out ({result.reason}), "
                "by a waiver that the policy does not have",
                forces="inconclusive",
                path=result.mutant.path,
                line=result.mutant.line,
                help="Add the waiver to the policy with reason, owner and expiry, or test it.",
            )


def grouped(
    results: Iterable[MutantResult], key: Callable[[MutantResult], str]
) -> dict[str, list[MutantResult]]:
    """Group results by a text of each, such as its file."""
    groups: dict[str, list[MutantResult]] = {}
    for result in results:
        groups.setdefault(key(result), []).append(result)
    return groups


def path_of(result: MutantResult) -> str:
    """Give the file of a result, as the key to group by."""
    return result.mutant.path


def place(result: MutantResult) -> tuple[str, int, int, str]:
    """Sort key: by file, then as the mutants stand in it."""
    return result.mutant.path, result.mutant.start, result.mutant.end, result.mutant.id


def none_counts(what: str, results: Sequence[MutantResult]) -> str:
    """Say why there is no valid mutant; none of `results` is valid."""
    kinds = Counter(map(_kind, results))
    if not kinds:
        return f"{what} has nothing to mutate"
    if len(kinds) > 1:
        told = [f"{n:,} {one_or_many(n, *_INVALID[kind])}" for kind, n in sorted(kinds.items())]
        return f"none of the {len(results):,} mutants of {what} counts: {', '.join(told)}"
    one, many = _INVALID[next(iter(kinds))]
    if len(results) == 1:
        return f"the only mutant of {what} {one}"
    return f"all {len(results):,} mutants of {what} {many}"


def one_or_many(count: int, one: str, many: str) -> str:
    """Choose the words for a count."""
    return one if count == 1 else many


def _kind(result: MutantResult) -> str:
    """Sort a mutant that does not count by why."""
    if result.status == "CompileError":
        return "broken"
    return "waived" if _is_waived(result) else "noise"


def _is_waived(result: MutantResult) -> bool:
    return result.status == "Ignored" and result.reason.startswith(_WAIVED)


def _not_run(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Refuse a run that lost its mutants; one that was not asked for them is not judged by them."""
    if evidence.command == "mutate":
        yield _unmeasured("mutation testing did not run, so nothing was judged", _TRY_AGAIN)
    elif policy.mutation.core and evidence.asks_for(MUTATION):
        yield _unmeasured(
            f"mutation testing did not run, so the score of {_named(policy.mutation.core)} "
            "was not judged",
            _TRY_AGAIN,
        )


def _unmeasured(message: str, help_text: str, path: str | None = None) -> Finding:
    return Finding(
        "mutation.measured", "error", message, forces="inconclusive", path=path, help=help_text
    )


def _named(paths: Sequence[str]) -> str:
    more = len(paths) - 1
    return (
        f"{paths[0]} and {more:,} more {one_or_many(more, 'path', 'paths')}" if more else paths[0]
    )


def _without_core(policy: Policy, evidence: Evidence, run: MutationRun) -> Iterator[Finding]:
    """Refuse a run that gates no file though it was meant to: a mistyped core is no core met."""
    if run.core or not (policy.mutation.core or evidence.command == "mutate"):
        return
    meant = f" of {_named(policy.mutation.core)}" if evidence.command == "check" else ""
    yield _unmeasured(
        f"no file{meant} was mutated, so no score was judged",
        "Name Python files that exist and are measured in [mutation] core, or as targets.",
    )


def _without_mutants(policy: Policy, run: MutationRun) -> Iterator[Finding]:
    """Tell the gated files without a valid mutant: every one is a hole, some are a warning.

    A folder of the core may hold files without code, such as an empty `__init__.py`: no word of these.
    """
    by_path = grouped(run.results, path_of)
    # A file that could not be mutated is a problem, told already.
    lost = {problem.subject for problem in run.problems}
    core = [path for path in run.core if path not in lost]
    empty = [path for path in core if not score_of(by_path.get(path, [])).valid]
    if empty and len(empty) == len(core):
        results = [result for path in empty for result in by_path.get(path, [])]
        path = empty[0] if len(empty) == 1 else None
        message = f"{none_counts(_named(empty), results)}, so no score was judged"
        yield _unmeasured(message, _NO_MUTANTS, path)
        return
    named = {*policy.mutation.core, *by_path}
    for path in sorted(path for path in empty if path in named):
        message = f"{none_counts(path, by_path.get(path, []))}, so its score was not judged"
        yield Finding("mutation.measured", "warning", message, path=path, help=_NO_MUTANTS)


def _unresolved(run: MutationRun) -> Iterator[Finding]:
    """Group the unresolved by reason, the most frequent first; their weight is the interval's."""
    pending = [result for result in run.results if result.status == "Pending"]
    groups = grouped(pending, lambda result: result.reason or "no reason is known")
    ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    for reason, results in ranked[:_NAMED_REASONS]:
        first = min(results, key=place).mutant
        yield _open(
            f"{_mutants(len(results))} unresolved: {reason}",
            f"Each counts as survived until resolved; gate show {first.id} tells more of one.",
        )
    others = ranked[_NAMED_REASONS:]
    if others:
        reasons = one_or_many(len(others), "another reason", f"{len(others):,} other reasons")
        yield _open(
            f"{_mutants(sum(len(results) for _, results in others))} unresolved for {reasons}",
            "Find them by their status Pending under mutation.mutants in the results document.",
        )


def _open(message: str, help_text: str) -> Finding:
    return Finding("mutation.measured", "warning", message, help=help_text)


def _mutants(count: int) -> str:
    return f"{count:,} {one_or_many(count, 'mutant is', 'mutants are')}"


def _waiver(waiver: Waiver, result: MutantResult | None, today: date) -> Finding:
    terms = f"{waiver.reason} (owner {waiver.owner}, until {waiver.expires.isoformat()})"
    where = (result.mutant.path, result.mutant.line) if result else (None, None)
    if waiver.expires < today:
        return Finding(
            "mutation.waivers",
            "error",
            f"the waiver of mutant {waiver.mutant} has expired: {terms}",
            forces="fail",
            path=where[0],
            line=where[1],
            help=f"Test for this mutant, or have {waiver.owner} set a later date in the policy.",
        )
    if result is None:
        return Finding(
            "mutation.waivers",
            "warning",
            f"the waiver of mutant {waiver.mutant} matches no mutant: {terms}",
            help="Correct its id, or remove it from the policy.",
        )
    return Finding(
        "mutation.waivers",
        "note",
        f"mutant {waiver.mutant} is waived: {terms}",
        path=where[0],
        line=where[1],
        help="Remove the waiver from the policy once its reason is gone.",
    )
