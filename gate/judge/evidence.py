"""A results document back to the policy and the evidence that it was judged by.

What no rule asks for is not in a document: the names of tests that simply passed, the lines that were
executed, the bytes of a mutant. It is filled with what makes no difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from gate.model import (
    Cause,
    ChangedFile,
    ChangedLines,
    CoverageMap,
    Evidence,
    Exclusion,
    FileCoverage,
    Function,
    Mutant,
    MutantResult,
    MutationRun,
    OrderProbe,
    Outcome,
    Problem,
    Ratio,
    SuiteRun,
    TestOutcome,
)
from gate.policy import Policy, parse_policy
from gate.results_mutation import MutantEntry, Mutation
from gate.results_schema import (
    CauseEntry,
    Changed,
    Coverage,
    FileEntry,
    PolicyEntry,
    Results,
    Suite,
)
from gate.results_values import ProblemEntry, Share, Span

_GREEN: tuple[Outcome, ...] = ("passed", "xpassed")


def policy_of(entry: PolicyEntry) -> Policy:
    """Read the policy again from its text; raises PolicyError when that is no policy."""
    return replace(parse_policy(entry.text, entry.origin), notes=entry.notes)


def evidence_of(results: Results) -> Evidence:
    """Give the evidence that the rules looked at."""
    changed = results.changed
    return Evidence(
        suite=_suite(results),
        coverage=_coverage(results.coverage),
        changed=None if changed is None else _change(changed),
        changed_coverage=_coverage(changed) if changed is not None and changed.measured else None,
        mutation=_mutation(results.mutation) if results.mutation.ran else None,
        command=results.command,
    )


def _suite(results: Results) -> SuiteRun:
    suite = results.suite
    order = suite.order
    return SuiteRun(
        outcomes=(*_red_and_skipped(suite), *_green(suite)),
        exclusions=tuple(
            Exclusion(each.test, each.pattern, each.reason, each.owner, each.expires)
            for each in suite.excluded
        ),
        problems=_problems(suite.problems),
        order=OrderProbe(order.probed, order.total, order.dependent, order.reason),
        seconds=suite.seconds,
        environment=results.environment,
        isolation=results.isolation,
    )


def _red_and_skipped(suite: Suite) -> Iterator[TestOutcome]:
    for each in suite.not_passed:
        yield TestOutcome(
            test=each.test,
            outcome=each.outcome,
            seconds=each.seconds,
            message=each.message,
            detail=each.detail,
            path=each.path,
            line=each.line,
            cause=_cause(each.cause),
        )


def _green(suite: Suite) -> Iterator[TestOutcome]:
    """The doubtful by name, and the others by a number each."""
    for each in suite.doubtful:
        yield TestOutcome(
            each.test, each.outcome, path=each.path, line=each.line, cause=_cause(each.cause)
        )
    doubtful: Counter[Outcome] = Counter(each.outcome for each in suite.doubtful)
    counts = suite.counts.model_dump()
    for outcome in _GREEN:
        for number in range(counts[outcome] - doubtful[outcome]):
            yield TestOutcome(f"{outcome} {number}", outcome)


def _cause(entry: CauseEntry | None) -> Cause | None:
    return None if entry is None else Cause(entry.kind, entry.group)


def _problems(entries: Iterable[ProblemEntry]) -> tuple[Problem, ...]:
    return tuple(Problem(entry.subject, entry.message) for entry in entries)


def _coverage(coverage: Coverage) -> CoverageMap:
    files = tuple(_file(path, entry) for path, entry in coverage.files.items())
    return CoverageMap(files, _problems(coverage.problems))


def _file(path: str, entry: FileEntry) -> FileCoverage:
    return FileCoverage(
        path=path,
        line=_ratio(entry.line),
        branch=_ratio(entry.branch),
        function=_ratio(entry.function),
        missing_lines=_lines(entry.missing_lines),
        missing_branches=frozenset(entry.missing_branches),
        missing_functions=tuple(
            Function(each.function, each.line, each.end_line, public=True, body=frozenset())
            for each in entry.missing_functions
        ),
        unreadable=entry.unreadable,
    )


def _ratio(share: Share) -> Ratio:
    return Ratio(share.covered, share.total)


def _lines(runs: Iterable[Span]) -> frozenset[int]:
    return frozenset(line for first, last in runs for line in range(first, last + 1))


def _change(changed: Changed) -> ChangedLines:
    return ChangedLines(
        base=changed.base,
        merge_base=changed.merge_base,
        head=changed.head,
        dirty=changed.dirty,
        files=tuple(
            ChangedFile(each.path, _lines(each.lines), each.status, each.old_path)
            for each in changed.change
        ),
    )


def _mutation(mutation: Mutation) -> MutationRun:
    return MutationRun(
        results=tuple(
            MutantResult(
                mutant=_mutant(place, each),
                status=each.status,
                reason=each.reason,
                killed_by=each.killed_by,
                covered_by=tuple(mutation.tests[position] for position in each.covered_by),
                seconds=each.seconds,
            )
            for place, each in enumerate(mutation.mutants)
        ),
        core=mutation.core,
        changed=mutation.changed,
        problems=_problems(mutation.problems),
        notes=mutation.notes,
        seconds=mutation.seconds,
        remembered=mutation.remembered,
    )


def _mutant(place: int, entry: MutantEntry) -> Mutant:
    """Make a mutant that stands where the document lists it: it lists them by file and place."""
    return Mutant(
        id=entry.id,
        path=entry.path,
        line=entry.line,
        column=entry.column,
        end_line=entry.end_line,
        end_column=entry.end_column,
        operator=entry.operator,
        function=entry.function,
        original=entry.original,
        replacement=entry.replacement,
        source=entry.source,
        start=place,
        end=place,
        moment="call",
    )
