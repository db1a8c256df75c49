"""Judge a results document again by its own evidence, and say where it contradicts itself.

Nothing that it concludes is believed: its policy is read again from its text, the rules are asked again,
and the whole document is made again from what it lists. One that was changed as a whole, evidence and
all, is a consistent forgery, which no document alone can show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import gate
from gate.errors import MissingEvidenceError, PolicyError
from gate.judge.evidence import evidence_of, policy_of
from gate.judge.verdict import judge
from gate.model import DETECTED
from gate.policy.model import Policy
from gate.results.document import Results, document, spans_text
from gate.results.mutation import Mutation
from gate.results.schema import Coverage, FileEntry

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
    return [*found, *_of_evidence(results), *_of_conclusions(results, own)]


def _remedy(results: Results) -> str:
    made_by, here = results.tool.version, gate.__version__
    if made_by != here:
        return f"they were made by version {made_by}: verify them with that one (this is {here})"
    return "do not use them: make new ones with gate check"


def _of_conclusions(results: Results, policy: Policy) -> Iterator[str]:
    """Make the document again from its evidence, and compare."""
    created = datetime.fromisoformat(results.created)
    evidence = evidence_of(results)
    verdict = judge(policy, evidence, created.date())
    again = document(policy, evidence, verdict, created)
    if again.verdict != results.verdict:
        yield f"the evidence demands {again.verdict}, the verdict is {results.verdict}"
    told, follow = ([_whole(each) for each in of.findings] for of in (results, again))
    yield from (f"nothing bears out the finding {_named(each)}" for each in _beyond(told, follow))
    yield from (f"the finding {_named(each)} is missing" for each in _beyond(follow, told))
    # The tool is the one that made it, and findings of one rule may come in another order.
    same = {"tool": results.tool, "findings": results.findings, "verdict": results.verdict}
    again = again.model_copy(update={**same, "exit_code": results.exit_code})
    if again != results:
        yield from _differences(results.model_dump(mode="json"), again.model_dump(mode="json"))


def _whole(finding: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(finding.model_dump().items())


def _beyond(some: Sequence[Any], others: Sequence[Any]) -> list[dict[str, Any]]:
    """Give those of some that the others do not have, with their number."""
    left = list(others)
    beyond = []
    for each in some:
        if each in left:
            left.remove(each)
        else:
            beyond.append(dict(each))
    return beyond


def _named(finding: Mapping[str, Any]) -> str:
    message = str(finding["message"])
    return f"{finding['rule']}: {message[:100]}{'...' * (len(message) > 100)}"


def _differences(told: Any, follows: Any, *place: str) -> Iterator[str]:
    """Name the places in which two documents differ, and what follows from the evidence there."""
    match told, follows:
        case dict(), dict():
            for key in dict.fromkeys([*told, *follows]):
                yield from _differences(told.get(key), follows.get(key), *place, str(key))
        case list(), list() if len(told) == len(follows):
            yield from _differences(dict(enumerate(told)), dict(enumerate(follows)), *place)
        case _ if told != follows:
            yield f"{'.'.join(place)} is {_short(told)}, from the evidence follows {_short(follows)}"


def _short(value: Any) -> str:
    return f"{len(value)} entries" if isinstance(value, dict | list) else repr(value)[:60]


def _of_evidence(results: Results) -> Iterator[str]:
    """Name evidence that cannot stand side by side."""
    yield from _of_coverage("coverage", results.coverage)
    if results.changed is not None:
        yield from _of_coverage("changed", results.changed)
        yield from _of_changed_files(results.changed, results.coverage)
    green_no_more = {test.test for test in results.suite.not_passed}
    yield from _of_mutants(results.mutation, green_no_more)


def _of_coverage(section: str, coverage: Coverage) -> Iterator[str]:
    for path, file in coverage.files.items():
        for kind, lacking in _lacking(file).items():
            share = getattr(file, kind)
            if share.total - share.covered != lacking:
                yield (
                    f"{section}.files.{path} lists {lacking} missing for the {kind} coverage "
                    f"{share.covered} of {share.total}"
                )


def _lacking(file: FileEntry) -> dict[str, int]:
    lines = sum(last - first + 1 for first, last in file.missing_lines)
    branches, functions = len(file.missing_branches), len(file.missing_functions)
    return {"line": lines, "branch": branches, "function": functions}


def _of_changed_files(changed: Coverage, coverage: Coverage) -> Iterator[str]:
    """What is missing in the changed lines of a file is missing in the file."""
    for path, file in changed.files.items():
        whole = coverage.files.get(path)
        if whole is None:
            yield f"changed.files.{path} is not among the measured files"
            continue
        strays = _lines(file) - _lines(whole)
        if strays:
            listed = spans_text([(line, line) for line in sorted(strays)], _MOST_NAMED)
            yield f"changed.files.{path} misses lines that coverage.files does not: {listed}"
        if not set(file.missing_branches) <= set(whole.missing_branches):
            yield f"changed.files.{path} misses branches that coverage.files does not"


def _lines(file: FileEntry) -> set[int]:
    return {line for first, last in file.missing_lines for line in range(first, last + 1)}


def _of_mutants(mutation: Mutation, not_green: set[str]) -> Iterator[str]:
    for mutant in mutation.mutants:
        if mutant.killed_by in not_green:
            yield f"mutant {mutant.id} is killed by {mutant.killed_by}, which did not pass"
        ran = bool(mutant.covered_by)
        if mutant.status == "NoCoverage" and ran:
            yield f"mutant {mutant.id} is covered by no test and by {len(mutant.covered_by)}"
        if mutant.status in (*DETECTED, "Survived") and not ran:
            yield f"mutant {mutant.id} is {mutant.status}, and no test ran it"
    if mutation.remembered > mutation.counts["Survived"]:
        yield f"{mutation.remembered} survivors are remembered of {mutation.counts['Survived']}"
