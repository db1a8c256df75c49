"""Make, write and read the results document that shards write and every report is rendered from."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

import gate
from gate.errors import GateError, MissingEvidenceError, SetupError, UsageError
from gate.model import (
    GREEN,
    RED,
    CoverageMap,
    Evidence,
    FileCoverage,
    Outcome,
    Problem,
    SessionEnd,
    SuiteRun,
    TestOutcome,
    Verdict,
)
from gate.policy.model import PathRule, Policy
from gate.results import schema
from gate.results.groups import cause_of, failure_groups
from gate.results.lost import lost_section
from gate.results.mutation import mutation_section
from gate.results.rules import rules_section
from gate.results.schema import Results
from gate.results.values import TEXT_CAP, ProblemEntry, encodable, share_of

__all__ = [
    "FILE_NAME",
    "Results",
    "document",
    "publish",
    "read_results",
    "spans",
    "spans_text",
    "text",
]

FILE_NAME = "results.json"
SIZE_CAP = 256 * 1024 * 1024
_MOST_MISTAKES = 3
_MAKE_ONE = "make one with: gate check"
_COUNTED: tuple[Outcome, ...] = get_args(Outcome)
_UNPASSED: tuple[Outcome, ...] = get_args(schema.Unpassed)


def document(policy: Policy, evidence: Evidence, verdict: Verdict, created: datetime) -> Results:
    """Put everything that a report may say into one document; `created` needs a time zone."""
    moment = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Results(
        schema=schema.SCHEMA,
        tool=schema.Tool(name="testproof", version=gate.__version__),
        created=moment,
        command=evidence.command,
        verdict=verdict.decision,
        exit_code=int(schema.EXIT_CODES[verdict.decision]),
        findings=tuple(schema.FindingEntry.model_validate(finding) for finding in verdict.findings),
        suite=_suite(evidence.suite),
        coverage=schema.Coverage(**_coverage(evidence.coverage, complete=evidence.complete)),
        changed=_changed(evidence),
        mutation=mutation_section(
            evidence.mutation, lambda path: float(policy.thresholds_for(path).score)
        ),
        lost=lost_section(evidence.lost),
        rules=rules_section(evidence.rules),
        not_judged=tuple(map(schema.NotJudgedEntry.model_validate, evidence.not_judged)),
        policy=_policy(policy),
        environment=dict(evidence.suite.environment),
        isolation=dict(evidence.suite.isolation),
    )


def publish(results: Results, out: Path, check: Callable[[Results], None]) -> tuple[Results, Path]:
    """Write `results.json` into the folder `out`, whole or not at all, and return what is read back.

    Raises SetupError when it cannot be written, another GateError when it does not read back, and what
    `check` raises of the document that was read back.
    """
    target = out / FILE_NAME
    beside = out / f".{FILE_NAME}.{secrets.token_hex()}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        try:
            _write_through(beside, text(results).encode())
            checked = read_results(beside)
            check(checked)
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
        _settle(target)
    except OSError as error:
        raise SetupError(
            f"the results could not be written to {target}: {error.strerror or error}",
            "free some space there or make the folder writable, or choose another with --out",
        ) from error
    return checked, target


def read_results(path: Path) -> Results:
    """Read and check a results document, untrusted; a GateError says what is wrong and where."""
    data = _read_capped(path)
    try:
        return Results.model_validate_json(data)
    except ValidationError as error:
        raise _refusal(path, error) from error


def text(results: Results) -> str:
    """Write the document as JSON, indented, ending in a newline."""
    return results.model_dump_json(indent=2) + "\n"


def spans(lines: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Fold line numbers into runs: 3, 4, 5, 9 becomes (3, 5), (9, 9)."""
    runs: list[tuple[int, int]] = []
    for line in sorted(set(lines)):
        if runs and line == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], line)
        else:
            runs.append((line, line))
    return tuple(runs)


def spans_text(runs: Iterable[tuple[int, int]], most: int | None = None) -> str:
    """Write runs as `3-5, 9`; past `most` of them, say how many more there are."""
    words = [f"{first}-{last}" if last > first else f"{first}" for first, last in runs]
    left_out = len(words) - most if most is not None else 0
    return ", ".join(words[:most]) + (f" and {left_out} more" if left_out > 0 else "")


def _suite(suite: SuiteRun) -> schema.Suite:
    counts = suite.counts()
    return schema.Suite(
        counts=schema.Counts(**{name: counts[name] for name in _COUNTED}),
        seconds=suite.seconds,
        not_passed=tuple(
            _test(outcome)
            for outcome in sorted(suite.outcomes, key=lambda outcome: outcome.test)
            if outcome.outcome in _UNPASSED
        ),
        doubtful=tuple(
            _doubtful(outcome)
            for outcome in sorted(suite.outcomes, key=lambda outcome: outcome.test)
            if outcome.outcome in GREEN
            and (outcome.cause is not None or outcome.test in suite.order.dependent)
        ),
        groups=tuple(
            schema.GroupEntry(
                kind=cause.kind,
                group=cause.group,
                text=cause.text,
                count=len(tests),
                tests=tuple(test.test for test in tests),
            )
            for cause, tests in failure_groups(suite)
        ),
        excluded=tuple(
            schema.ExclusionEntry.model_validate(exclusion)
            for exclusion in sorted(suite.exclusions, key=lambda exclusion: exclusion.test)
        ),
        problems=_problems(suite.problems),
        order=schema.OrderEntry.model_validate(suite.order),
        ended=None if suite.ended is None else _end(suite.ended),
    )


def _end(ended: SessionEnd) -> schema.EndEntry:
    message = encodable(ended.message)[:TEXT_CAP]
    return schema.EndEntry(status=ended.status, message=message, whole=ended.whole)


def _test(outcome: TestOutcome) -> schema.TestEntry:
    return schema.TestEntry.model_validate(
        {
            "test": outcome.test,
            "outcome": outcome.outcome,
            "cause": _cause(outcome),
            "message": encodable(outcome.message)[:TEXT_CAP],
            "detail": encodable(outcome.detail)[-TEXT_CAP:],
            "path": outcome.path,
            "line": outcome.line,
            "seconds": outcome.seconds,
        }
    )


def _doubtful(outcome: TestOutcome) -> schema.DoubtfulEntry:
    fields = {name: getattr(outcome, name) for name in ("test", "outcome", "path", "line")}
    return schema.DoubtfulEntry(**fields, cause=_cause(outcome))


def _cause(outcome: TestOutcome) -> schema.CauseEntry | None:
    cause = cause_of(outcome) if outcome.outcome in RED else outcome.cause
    return None if cause is None else schema.CauseEntry.model_validate(cause)


def _problems(problems: tuple[Problem, ...]) -> tuple[ProblemEntry, ...]:
    return tuple(ProblemEntry.model_validate(problem) for problem in problems)


def _coverage(coverage: CoverageMap, *, complete: bool) -> dict[str, Any]:
    return {
        "complete": complete,
        "line": share_of(coverage.total("line")),
        "branch": share_of(coverage.total("branch")),
        "function": share_of(coverage.total("function")),
        "files": {
            file.path: _file(file) for file in sorted(coverage.files, key=lambda file: file.path)
        },
        "problems": _problems(coverage.problems),
        "unrun": coverage.unrun,
    }


def _file(file: FileCoverage) -> schema.FileEntry:
    return schema.FileEntry(
        line=share_of(file.line),
        branch=share_of(file.branch),
        function=share_of(file.function),
        digest=file.digest,
        covered_lines=spans(file.executed_lines),
        missing_lines=spans(file.missing_lines),
        missing_branches=tuple(sorted(file.missing_branches)),
        missing_functions=tuple(
            schema.FunctionEntry(
                function=function.qualname,
                line=function.line,
                end_line=function.end_line,
                at_import=function.at_import,
            )
            for function in file.missing_functions
        ),
        unreadable=file.unreadable,
    )


def _changed(evidence: Evidence) -> schema.Changed | None:
    change, coverage = evidence.changed, evidence.changed_coverage
    if change is None:
        return None
    return schema.Changed(
        **_coverage(coverage or CoverageMap(()), complete=evidence.complete),
        measured=coverage is not None,
        base=change.base,
        merge_base=change.merge_base,
        head=change.head,
        dirty=change.dirty,
        change=tuple(
            schema.ChangedFileEntry(
                path=file.path,
                status=file.status,
                old_path=file.old_path,
                lines=spans(file.lines),
            )
            for file in sorted(change.files, key=lambda file: file.path)
        ),
    )


def _policy(policy: Policy) -> schema.PolicyEntry:
    coverage, mutation = policy.coverage, policy.mutation
    return schema.PolicyEntry(
        origin=policy.origin,
        digest=policy.digest,
        text=policy.text,
        notes=policy.notes,
        source=schema.SourceEntry(include=policy.source.include),
        thresholds=schema.Thresholds(
            coverage=schema.CoverageThresholds(
                line=float(coverage.line),
                branch=float(coverage.branch),
                function=float(coverage.function),
                changed_line=float(coverage.changed.line),
                changed_branch=float(coverage.changed.branch),
            ),
            mutation=schema.MutationThresholds(
                core=mutation.core,
                score=float(mutation.score),
                changed_score=float(mutation.changed.score),
            ),
            path=tuple(_path_rule(rule) for rule in policy.path),
        ),
    )


def _path_rule(rule: PathRule) -> schema.PathThresholds:
    coverage = rule.coverage
    asked = (coverage.line, coverage.branch, coverage.function, rule.mutation.score)
    line, branch, function, score = (None if it is None else float(it) for it in asked)
    return schema.PathThresholds(
        match=rule.match, line=line, branch=branch, function=function, score=score
    )


def _write_through(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _settle(target: Path) -> None:
    """Make the rename itself survive a power cut; where that fails, no document is left with a verdict."""
    try:
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        target.unlink()
        raise


def _read_capped(path: Path) -> bytes:
    try:
        # A pipe or device in this place would block the open itself.
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{path} is not a file", f"name the {FILE_NAME} inside it")
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > SIZE_CAP:
                told = f"{path} is larger than {SIZE_CAP // 1024 // 1024} MiB, so it is not read"
                raise MissingEvidenceError(told, _MAKE_ONE)
            return file.read()
    except FileNotFoundError as error:
        raise UsageError(f"there is no results document at {path}", _MAKE_ONE) from error
    except OSError as error:
        raise SetupError(
            f"{path} cannot be read: {error.strerror or error}", "make it readable"
        ) from error


def _refusal(path: Path, error: ValidationError) -> GateError:
    listed = [_mistake(mistake) for mistake in error.errors()]
    of_version = [text for text in listed if text.startswith("schema:")]
    listed = of_version or listed
    more = len(listed) - _MOST_MISTAKES
    told = "; ".join(listed[:_MOST_MISTAKES]) + (f"; and {more} more" if more > 0 else "")
    return MissingEvidenceError(f"{path} is not a results document of this gate: {told}", _MAKE_ONE)


def _mistake(mistake: ErrorDetails) -> str:
    place = ".".join(str(part) for part in mistake["loc"]) or "the document"
    return f"{place}: {mistake['msg'].removeprefix('Value error, ')}"
