"""Rule mutation.measured: mutation testing was complete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gate.judge.mutants import grouped, none_counts, one_or_many, path_of
from gate.judge.rule import Rule
from gate.model import MUTATION, Evidence, Finding, MutationRun, score_of
from gate.model.mutant_table import place_of
from gate.policy.model import Policy

ID = "mutation.measured"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Demand evidence: a run without holes, and mutants that count in the files that it gates."""
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
        yield Finding(ID, "warning", note, help=_NOTED)


_NAMED_REASONS = 5


_TRY_AGAIN = "Remove the cause that the message names and run the gate again."


_NOTED = "What it names took no part. Nothing to do where that is meant."


_NO_MUTANTS = "Name files with code that can be wrong in [mutation] core, or see [mutation] noise."


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
    return Finding(ID, "error", message, forces="inconclusive", path=path, help=help_text)


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
        yield Finding(ID, "warning", message, path=path, help=_NO_MUTANTS)


def _unresolved(run: MutationRun) -> Iterator[Finding]:
    """Group the unresolved by reason, the most frequent first; their weight is the interval's."""
    pending = [result for result in run.results if result.status == "Pending"]
    groups = grouped(pending, lambda result: result.reason or "no reason is known")
    ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    for reason, results in ranked[:_NAMED_REASONS]:
        first = min(results, key=place_of).mutant
        yield _open(
            f"{_mutants(len(results))} unresolved: {reason}",
            f"Each counts as survived until resolved; gate show {first.id} tells more of one.",
        )
    others = ranked[_NAMED_REASONS:]
    if others:
        reasons = one_or_many(len(others), "another reason", f"{len(others):,} other reasons")
        yield _open(
            f"{_mutants(sum(len(results) for _, results in others))} unresolved for {reasons}",
            "Find them by their status Pending under mutation.results in the results document.",
        )


def _open(message: str, help_text: str) -> Finding:
    return Finding(ID, "warning", message, help=help_text)


def _mutants(count: int) -> str:
    return f"{count:,} {one_or_many(count, 'mutant is', 'mutants are')}"


rule = Rule(
    id=ID,
    title="Mutation testing was complete",
    checks=(
        "Where the policy names a core: that mutation testing ran, that nothing of it was lost, and "
        "that the core has a mutant that counts. A single file without one is a warning where the "
        "policy names it or where mutants of it do not count; so are mutants that stayed unresolved, "
        "counted by reason, and what took no part, such as red tests. A run that was not asked for "
        "mutants (`--no-mutation`, or PATHS without a file of the core) is not judged by them, and "
        "its first line says so."
    ),
    why=(
        "Gates have reported that none of 56,516 mutants survived, from a suite that never ran. No "
        "mutants and no result are not a good score."
    ),
    fix=(
        "Read the finding: it names what was lost. Usual causes are a `--budget` that was used up, a "
        "core that names only files without code, and `[mutation] noise` or waivers that leave "
        "nothing."
    ),
    forces="INCONCLUSIVE; nothing for a single file, unresolved mutants and what took no part.",
    find=find,
)
