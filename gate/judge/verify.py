"""Judge a results document again by its own evidence, and say where it contradicts itself.

Nothing that it concludes is believed: its policy is read again from its text, and the rules are asked again.
A document that was changed as a whole, evidence and all, is a consistent forgery, which no document alone
can show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

import gate
from gate.errors import MissingEvidenceError, PolicyError
from gate.judge.verdict import judge
from gate.measure.files import present
from gate.model import (
    COVERAGE,
    DETECTED,
    LOST_KILLS,
    MUTATION,
    CoverageMap,
    FileCoverage,
    Finding,
    LostKills,
    MutantResult,
    MutationRun,
)
from gate.model.values import spans, spans_text
from gate.policy.model import Policy, parse_policy
from gate.results.document import Results
from gate.results.policy import differences_of, record_of

_MOST_NAMED = 3


def verify(results: Results, policy: Policy | None = None) -> None:
    """Refuse a document that its own evidence does not bear out; `policy` is the one it should be of.

    Raises MissingEvidenceError, which names the first contradictions.
    """
    found = contradictions(results, policy)
    if not found:
        return
    more = len(found) - _MOST_NAMED
    told = "; ".join(found[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
    raise MissingEvidenceError(
        f"the results do not follow from their own evidence: {told}", _remedy(results)
    )


def contradictions(results: Results, policy: Policy | None = None) -> list[str]:
    """Name what in a document does not follow from its own evidence, and a policy that is another."""
    try:
        own = policy_of(results)
    except PolicyError as error:
        return [f"policy.text is no policy: {error.message.splitlines()[0]}"]
    found = []
    if own.digest != results.policy.digest:
        found.append(f"policy.digest is not that of policy.text, which is {own.digest[:12]}")
    if policy is not None and policy.digest != own.digest:
        found.append(
            f"they were judged by the policy {own.digest[:12]}, "
            f"but {policy.origin} is {policy.digest[:12]}"
        )
    return [
        *found,
        *differences_of(results.policy, record_of(own)),
        *_of_evidence(results),
        *_of_findings(results, own),
    ]


def policy_of(results: Results) -> Policy:
    """Read the policy again from its text; raises PolicyError when that is no policy.

    Under the policy of a base, paths that the change leaves nothing of do not count; that nothing measured
    stands there is checked.
    """
    record = results.policy
    policy = replace(parse_policy(record.text, record.origin), notes=record.notes)
    if results.rules is None:
        return policy
    source, mutation = policy.source, policy.mutation
    include, core = record.source.include, record.thresholds.mutation.core
    if _is_left_out(source.include, include, results):
        source = source.model_copy(update={"include": include})
    if set(core) < set(mutation.core) and _is_left_out(mutation.core, core, results):
        mutation = mutation.model_copy(update={"core": core})
    return replace(policy, source=source, mutation=mutation)


def _is_left_out(written: tuple[str, ...], said: tuple[str, ...], results: Results) -> bool:
    """Say whether nothing measured stands in the paths that a document does not name."""
    files = tuple(file.path for file in results.coverage.files)
    return not present(tuple(set(written) - set(said)), files)


def _remedy(results: Results) -> str:
    made_by, here = results.tool.version, gate.__version__
    if made_by != here:
        return f"they were made by version {made_by}: verify them with that one (this is {here})"
    return "do not use them: make new ones with gate check"


def _of_findings(results: Results, policy: Policy) -> Iterator[str]:
    """Ask the rules again, and compare."""
    verdict = judge(policy, results, datetime.fromisoformat(results.created).date())
    if verdict.decision != results.verdict:
        yield f"the evidence demands {verdict.decision}, the verdict is {results.verdict}"
    yield from (
        f"nothing bears out the finding {_named(finding)}"
        for finding in _beyond(results.findings, verdict.findings)
    )
    yield from (
        f"the finding {_named(finding)} is missing"
        for finding in _beyond(verdict.findings, results.findings)
    )


def _beyond(findings: Iterable[Finding], others: Iterable[Finding]) -> Iterable[Finding]:
    """Give the findings that the others do not hold, as often as they are missing there."""
    return (Counter(findings) - Counter(others)).elements()


def _named(finding: Finding) -> str:
    message = finding.message
    return f"{finding.rule}: {message[:100]}{'...' * (len(message) > 100)}"


def _of_evidence(results: Results) -> Iterator[str]:
    """Name evidence that cannot stand side by side."""
    yield from _of_not_judged(results)
    yield from _of_coverage("coverage", results.coverage)
    if results.changed_coverage is not None:
        yield from _of_coverage("changed_coverage", results.changed_coverage)
        yield from _of_changed_files(results.changed_coverage, results.coverage)
    if results.mutation is not None:
        passed = results.suite.passing()
        not_green = {test.test for test in results.suite.outcomes} - passed
        yield from _of_mutants(results.mutation, not_green)
    if results.lost is not None:
        yield from _of_lost_kills(results.lost)


def _of_not_judged(results: Results) -> Iterator[str]:
    """What was not judged has no evidence, and the rest has."""
    if not results.asks_for(MUTATION) and (results.mutation or results.command == "mutate"):
        yield "mutation is said to be not judged, and it ran"
    if not results.asks_for(LOST_KILLS) and results.lost is not None:
        yield "lost kills are said to be not judged, and they were looked for"
    if not results.asks_for(COVERAGE) and results.command == "check":
        yield "coverage is said to be not judged, and a check judges it"


def _of_coverage(section: str, coverage: CoverageMap) -> Iterator[str]:
    for file in coverage.files:
        for kind, lacking in _lacking(file).items():
            ratio = getattr(file, kind)
            if ratio.total - ratio.covered != lacking:
                yield (
                    f"{section}.files.{file.path} lists {lacking} missing for the {kind} coverage "
                    f"{ratio.covered} of {ratio.total}"
                )


def _lacking(file: FileCoverage) -> dict[str, int]:
    branches, functions = len(file.missing_branches), len(file.missing_functions)
    return {"line": len(file.missing_lines), "branch": branches, "function": functions}


def _of_changed_files(changed: CoverageMap, coverage: CoverageMap) -> Iterator[str]:
    """What is missing in the changed lines of a file is missing in the file."""
    whole_files = {file.path: file for file in coverage.files}
    for file in changed.files:
        whole = whole_files.get(file.path)
        if whole is None:
            yield f"changed_coverage.files.{file.path} is not among the measured files"
            continue
        place = f"changed_coverage.files.{file.path}"
        if strays := file.missing_lines - whole.missing_lines:
            listed = spans_text(spans(strays), _MOST_NAMED)
            yield f"{place} misses lines that coverage.files does not: {listed}"
        if not file.missing_branches <= whole.missing_branches:
            yield f"{place} misses branches that coverage.files does not"


def _of_mutants(mutation: MutationRun, not_green: set[str]) -> Iterator[str]:
    ids = Counter(result.mutant.id for result in mutation.results)
    yield from (f"mutant {mutant} is listed twice" for mutant, count in ids.items() if count > 1)
    for result in mutation.results:
        yield from _of_mutant(result, not_green)
    survived = mutation.counts["Survived"]
    if mutation.remembered > survived:
        yield f"{mutation.remembered} survivors are remembered of {survived}"
    controls = mutation.controls
    missed = len(controls.unnoticed) + len(controls.unplaced)
    if missed > controls.positive or len(controls.failed) > controls.neutral:
        yield "mutation.controls: more controls failed than there were"


def _of_mutant(result: MutantResult, not_green: set[str]) -> Iterator[str]:
    name, status, covering = result.mutant.id, result.status, len(result.covered_by)
    if (status in DETECTED) != (result.killed_by is not None):
        yield f"mutant {name} is {status}, killed by {result.killed_by}"
    if result.killed_by in not_green:
        yield f"mutant {name} is killed by {result.killed_by}, which did not pass"
    if status == "NoCoverage" and covering:
        yield f"mutant {name} is covered by no test and by {covering}"
    if status in (*DETECTED, "Survived") and not covering:
        yield f"mutant {name} is {status}, and no test ran it"


def _of_lost_kills(lost: LostKills) -> Iterator[str]:
    for result, _ in lost.kills:
        if result.killed_by is not None or result.status not in ("Survived", "NoCoverage"):
            yield f"mutant {result.mutant.id} is lost, and {result.status}"
    if any(result.status != "Pending" for result in lost.unresolved):
        yield "an unresolved mutant has another status than Pending"
    listed = len(lost.kills) + len(lost.unresolved)
    if listed > lost.asked:
        yield f"{listed} mutants are lost or unresolved, of {lost.asked}"
