"""Findings in, PASS, FAIL or INCONCLUSIVE out."""

from __future__ import annotations

from datetime import UTC, date, datetime

from gate.judge.rules import RULES
from gate.model import Evidence, Finding, Verdict, decide
from gate.policy.model import Policy
from gate.results.document import Results, document

_GRAVEST_FIRST = ("fail", "inconclusive", "error", "warning", "note")


def judge(policy: Policy, evidence: Evidence, today: date) -> Verdict:
    """Ask every rule of the command and decide.

    The findings come gravest first, then by rule as it told them.
    """
    asked = (rule for rule in RULES if evidence.command in rule.commands)
    findings = [finding for rule in asked for finding in rule(policy, evidence, today)]
    return Verdict(decide(findings), tuple(sorted(findings, key=_gravity)))


def judged(policy: Policy, evidence: Evidence, moment: datetime) -> Results:
    """Decide by the day of `moment`, and put evidence and verdict into the document of that moment."""
    verdict = judge(policy, evidence, moment.astimezone(UTC).date())
    return document(policy, evidence, verdict.findings, created=moment)


def _gravity(finding: Finding) -> tuple[int, str]:
    # The sort is stable: within a rule the order told stays, by path and line or worst first.
    return _GRAVEST_FIRST.index(finding.forces or finding.level), finding.rule
