"""Rule mutation.changed: mutation score of the change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from gate.judge.mutants import none_counts
from gate.judge.rule import Rule
from gate.judge.scores import compare_scores
from gate.model import Evidence, Finding, MutantResult
from gate.policy.model import Policy

ID = "mutation.changed"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Compare the score of all that the change touches; with no mutant the change says so by name."""
    run = evidence.mutation
    if run is None or not run.changed or not evidence.suite.passing():
        return
    if not run.score.valid:
        none = "the change touches no function of the core"
        yield Finding(
            ID,
            "note",
            none_counts("the change", run.results) if run.results else none,
            help="Nothing to do, unless the change should have touched code in [mutation] core.",
        )
    required, what = policy.mutation.changed.score, "the mutants of the change"
    yield from compare_scores(ID, what, run.results, required, _function_in_file)
    for moved in evidence.rules.left_core if evidence.rules else ():
        yield Finding(
            ID,
            "note",
            f"{moved.what or moved.path} moves out of the core, from {moved.origin}: it is mutated "
            "all the same",
            path=moved.path,
            line=moved.line,
            help=f"Add {moved.path} to [mutation] core, or the next change of it is not mutated.",
        )
    yield from _outside(policy, evidence)


_NAMED_FILES = 3


def _outside(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Name the changed code of which no mutant is made: there only coverage judges."""
    changed = evidence.changed_coverage
    if changed is None or evidence.command != "check":
        return
    core = policy.mutation.core
    paths = [
        file.path
        for file in changed.files
        if not any(PurePosixPath(file.path).is_relative_to(named) for named in core)
    ]
    if paths:
        named = ", ".join(sorted(paths)[:_NAMED_FILES])
        more = len(paths) - _NAMED_FILES
        count = "1 changed file is" if len(paths) == 1 else f"{len(paths):,} changed files are"
        yield Finding(
            ID,
            "note",
            f"{count} outside of [mutation] core and not mutated: {named}"
            + (f" and {more} more" if more > 0 else ""),
            help="Add the files to [mutation] core, if it matters whether tests notice their mistakes.",
        )


def _function_in_file(result: MutantResult) -> str:
    mutant = result.mutant
    return f"{mutant.path}::{mutant.function}" if mutant.function else mutant.path


rule = Rule(
    id=ID,
    title="Mutation score of the change",
    checks=(
        "With `--base`: the score of all mutants of the functions that the change touches, together, "
        "as an interval like that of `mutation.score`. A change without a mutant that counts says so "
        "by name, and changed files outside of the core, of which no mutant is made, are named. "
        "Functions that the change moves out of the core stay in it for this run."
    ),
    why=(
        "A test is best written with the code it is for, and a large core hides what one change "
        "lacks."
    ),
    fix=(
        "Begin with the functions that the finding names: `gate show ID` prints a survivor and the "
        "tests that ran it. Write an assertion that fails on it."
    ),
    forces=(
        "FAIL below the threshold even if all unresolved mutants were detected; INCONCLUSIVE when "
        "they decide."
    ),
    find=find,
)
