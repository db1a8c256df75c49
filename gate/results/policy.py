"""What a results document says of the policy that judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from pydantic import TypeAdapter

from gate.model.values import Percent, Text
from gate.policy.globs import path_glob
from gate.policy.model import PathRule, Policy
from gate.results.comparison import differences


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """What is measured, relative to the repository."""

    include: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class CoverageThresholds:
    """Percent required of each kind of coverage."""

    line: Percent
    branch: Percent
    function: Percent
    changed_line: Percent
    changed_branch: Percent


@dataclass(frozen=True, slots=True)
class MutationThresholds:
    """Where mutation gates, and the percent required in total and of the change."""

    core: tuple[Text, ...]
    score: Percent
    changed_score: Percent


@dataclass(frozen=True, slots=True)
class PathThresholds:
    """A rule of the policy for part of the tree; null where it says nothing."""

    match: Text
    line: Percent | None
    branch: Percent | None
    function: Percent | None
    score: Percent | None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """All that the policy requires."""

    coverage: CoverageThresholds
    mutation: MutationThresholds
    path: tuple[PathThresholds, ...]


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """The policy that judged: where it came from, its hash and its text, what it requires.

    `notes` are what the gate had to say of it.
    """

    origin: Text
    digest: Text
    text: Text
    notes: tuple[Text, ...]
    source: SourceRecord
    thresholds: Thresholds

    def score_for(self, path: str) -> float:
        """Give the mutation score in percent that a file must reach: the last matching rule decides."""
        scores = [
            rule.score
            for rule in self.thresholds.path
            if rule.score is not None and path_glob(rule.match).fullmatch(path)
        ]
        return scores[-1] if scores else self.thresholds.mutation.score


_RECORD = TypeAdapter(PolicyRecord)


def differences_of(said: PolicyRecord, follows: PolicyRecord) -> Iterator[str]:
    """Name the places in which two records differ; the digest is not compared."""
    fields = (
        _RECORD.dump_python(record, mode="json", exclude={"digest"}) for record in (said, follows)
    )
    yield from differences(*fields, "policy")


def record_of(policy: Policy) -> PolicyRecord:
    """Write down a policy."""
    coverage, mutation = policy.coverage, policy.mutation
    return PolicyRecord(
        origin=policy.origin,
        digest=policy.digest,
        text=policy.text,
        notes=policy.notes,
        source=SourceRecord(policy.source.include),
        thresholds=Thresholds(
            coverage=CoverageThresholds(
                line=float(coverage.line),
                branch=float(coverage.branch),
                function=float(coverage.function),
                changed_line=float(coverage.changed.line),
                changed_branch=float(coverage.changed.branch),
            ),
            mutation=MutationThresholds(
                core=mutation.core,
                score=float(mutation.score),
                changed_score=float(mutation.changed.score),
            ),
            path=tuple(map(_path_rule, policy.path)),
        ),
    )


def _path_rule(rule: PathRule) -> PathThresholds:
    coverage = rule.coverage
    return PathThresholds(
        match=rule.match,
        line=_float(coverage.line),
        branch=_float(coverage.branch),
        function=_float(coverage.function),
        score=_float(rule.mutation.score),
    )


def _float(percent: Decimal | None) -> float | None:
    return None if percent is None else float(percent)
