"""Rule coverage.path: per-path thresholds."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.rule import Rule
from gate.judge.shortfalls import compare
from gate.model import CoverageKind, Evidence, Finding
from gate.policy.model import PathRule, Policy

ID = "coverage.path"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Compare the files of each [[path]] rule on their own; the last rule with the kind counts."""
    for rule in policy.path:
        for kind in KINDS:
            required = getattr(rule.coverage, kind)
            if required is not None:
                files = [
                    file
                    for file in evidence.coverage.files
                    if _deciding_rule(policy, kind, file.path) is rule
                ]
                what = f'{kind} coverage of "{rule.match}"'
                yield from compare(ID, what, kind, files, required, evidence)


KINDS: tuple[CoverageKind, ...] = ("line", "branch", "function")


def _deciding_rule(policy: Policy, kind: CoverageKind, path: str) -> PathRule | None:
    setting = [
        rule
        for rule in policy.path
        if getattr(rule.coverage, kind) is not None and rule.matches(path)
    ]
    return setting[-1] if setting else None


rule = Rule(
    id=ID,
    title="Per-path thresholds",
    checks=(
        "The files that a `[[path]]` rule matches, added up and compared with the thresholds of that "
        "rule. Where several rules match a file, the last one that sets a threshold decides. A "
        "stricter rule is asked besides the total; a looser one takes its files out of the total."
    ),
    why="A total can be met by easy code while the code that matters is not tested.",
    fix="Test the files that the finding names.",
    forces="FAIL; INCONCLUSIVE when crashes, time-outs or lost data may hide coverage.",
    find=find,
    commands=("check",),
)
