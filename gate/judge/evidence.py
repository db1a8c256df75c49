"""A results document back to the policy and the evidence that it was judged by.

What no rule asks for is not in a document: the names of tests that simply passed, the bytes of a
mutant. It is filled with what makes no difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gate.measure.files import present
from gate.model import (
    Cause,
    ChangedFile,
    ChangedLines,
    ControlRun,
    CoverageMap,
    Evidence,
    Exclusion,
    FailedControl,
    FileCoverage,
    Function,
    LostKills,
    Mutant,
    MutantResult,
    MutationRun,
    NotJudged,
    OrderProbe,
    Outcome,
    Problem,
    Ratio,
    Relocation,
    RuleChange,
    RulesOfChange,
    SessionEnd,
    SuiteRun,
    Suppression,
    TestChange,
    TestOutcome,
    UnmeasuredImport,
)
from gate.policy.model import Policy, parse_policy
from gate.results.lost import Lost, TestChangeEntry
from gate.results.mutation import Controls, MutantEntry, Mutation
from gate.results.rules import (
    ImportEntry,
    RelocationEntry,
    RuleChangeEntry,
    Rules,
    SuppressionEntry,
)
from gate.results.schema import (
    CauseEntry,
    Changed,
    Coverage,
    FileEntry,
    Results,
    Suite,
)
from gate.results.values import ProblemEntry, Share, Span

_GREEN: tuple[Outcome, ...] = ("passed", "xpassed")


def policy_of(results: Results) -> Policy:
    """Read the policy again from its text; raises PolicyError when that is no policy.

    Under the policy of a base, paths that the change leaves nothing of do not count; that nothing measured
    stands there is checked.
    """
    entry = results.policy
    policy = replace(parse_policy(entry.text, entry.origin), notes=entry.notes)
    if results.rules is None:
        return policy
    source, mutation = policy.source, policy.mutation
    include, core = entry.source.include, entry.thresholds.mutation.core
    if _left_out(source.include, include, results):
        source = source.model_copy(update={"include": include})
    if set(core) < set(mutation.core) and _left_out(mutation.core, core, results):
        mutation = mutation.model_copy(update={"core": core})
    return replace(policy, source=source, mutation=mutation)


def _left_out(written: tuple[str, ...], told: tuple[str, ...], results: Results) -> bool:
    """Say whether nothing measured stands in the paths that a document does not tell of."""
    return not present(tuple(set(written) - set(told)), tuple(results.coverage.files))


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
        lost=None if results.lost is None else _lost(results.lost),
        rules=None if results.rules is None else _rules(results.rules),
        not_judged=tuple(NotJudged(each.what, each.why) for each in results.not_judged),
    )


def _suite(results: Results) -> SuiteRun:
    suite = results.suite
    order, end = suite.order, suite.ended
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
        ended=None if end is None else SessionEnd(end.status, end.message, end.whole),
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
    return None if entry is None else Cause(entry.kind, entry.group, entry.text)


def _problems(entries: Iterable[ProblemEntry]) -> tuple[Problem, ...]:
    return tuple(Problem(entry.subject, entry.message) for entry in entries)


def _coverage(coverage: Coverage) -> CoverageMap:
    files = tuple(_file(path, entry) for path, entry in coverage.files.items())
    return CoverageMap(files, _problems(coverage.problems), coverage.unrun)


def _file(path: str, entry: FileEntry) -> FileCoverage:
    return FileCoverage(
        path=path,
        line=_ratio(entry.line),
        branch=_ratio(entry.branch),
        function=_ratio(entry.function),
        executed_lines=_lines(entry.covered_lines),
        missing_lines=_lines(entry.missing_lines),
        missing_branches=frozenset(entry.missing_branches),
        missing_functions=tuple(
            Function(each.function, each.line, each.end_line, True, frozenset(), each.at_import)
            for each in entry.missing_functions
        ),
        unreadable=entry.unreadable,
        digest=entry.digest,
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
        results=_results(mutation.mutants, mutation.tests),
        core=mutation.core,
        changed=mutation.changed,
        problems=_problems(mutation.problems),
        notes=mutation.notes,
        seconds=mutation.seconds,
        remembered=mutation.remembered,
        controls=_controls(mutation.controls),
    )


def _results(entries: Sequence[MutantEntry], tests: Sequence[str]) -> tuple[MutantResult, ...]:
    return tuple(_result(place, each, tests) for place, each in enumerate(entries))


def _result(place: int, entry: MutantEntry, tests: Sequence[str]) -> MutantResult:
    return MutantResult(
        mutant=_mutant(place, entry),
        status=entry.status,
        reason=entry.reason,
        killed_by=entry.killed_by,
        covered_by=tuple(tests[position] for position in entry.covered_by),
        seconds=entry.seconds,
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


def _controls(entry: Controls) -> ControlRun:
    failed = tuple(FailedControl(each.test, each.kills) for each in entry.failed)
    return ControlRun(entry.positive, entry.unnoticed, entry.neutral, failed, entry.unplaced)


def _lost(lost: Lost) -> LostKills:
    return LostKills(
        kills=tuple(
            (_result(place, each, lost.tests), _test_change(each.killer))
            for place, each in enumerate(lost.kills)
        ),
        tests=tuple(map(_test_change, lost.changes)),
        touched=lost.touched,
        asked=lost.asked,
        gone=lost.gone,
        unresolved=_results(lost.unresolved, lost.tests),
        problems=_problems(lost.problems),
        notes=lost.notes,
        seconds=lost.seconds,
    )


def _test_change(entry: TestChangeEntry) -> TestChange:
    return TestChange(entry.test, entry.fate, entry.now)


def _rules(rules: Rules) -> RulesOfChange:
    return RulesOfChange(
        base=rules.base,
        policy=tuple(map(_rule_change, rules.policy)),
        selection=tuple(map(_rule_change, rules.selection)),
        hooks=tuple(map(_suppression, rules.hooks)),
        suppressions=tuple(map(_suppression, rules.suppressions)),
        unmeasured=tuple(map(_relocation, rules.unmeasured)),
        left_core=tuple(map(_relocation, rules.left_core)),
        imports=tuple(map(_import, rules.imports)),
        notes=rules.notes,
    )


def _rule_change(entry: RuleChangeEntry) -> RuleChange:
    return RuleChange(entry.key, entry.before, entry.after, entry.direction, entry.path)


def _suppression(entry: SuppressionEntry) -> Suppression:
    return Suppression(entry.path, entry.line, entry.kind, entry.text)


def _import(entry: ImportEntry) -> UnmeasuredImport:
    return UnmeasuredImport(entry.path, entry.line, entry.imported)


def _relocation(entry: RelocationEntry) -> Relocation:
    return Relocation(entry.path, entry.line, entry.origin, entry.what, entry.lines)
