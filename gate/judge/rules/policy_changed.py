"""Rule policy.changed: policy edits in this change (not applied)."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.change_words import file_of, from_to
from gate.judge.rule import Rule
from gate.model import Evidence, Finding
from gate.policy.model import Policy

ID = "policy.changed"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Note what else differs in the policy, and what has no say in this run."""
    if evidence.rules is None:
        return
    for change in evidence.rules.policy:
        if change.direction != "looser":
            verb = "tightens" if change.direction == "tighter" else "edits"
            message = (
                f"the change {verb} {change.key}: {from_to(change)}; it counts from the next one on"
            )
            yield _note(ID, message, file_of(policy))
    for note in evidence.rules.notes:
        yield _note(ID, note, None)


def _note(rule: str, message: str, path: str | None) -> Finding:
    return Finding(rule, "note", message, path=path, help="Nothing to do for this run.")


rule = Rule(
    id=ID,
    title="Policy edits in this change (not applied)",
    checks=(
        "With `--base`: rules that the change tightens or words otherwise, a second policy file that "
        "would win, a policy from outside the repository, and configuration of coverage.py that "
        "leaves out more. None of them counts in this run."
    ),
    why="A reader of the report must know by which rules it was judged.",
    fix="Nothing; a tightening counts from the next change on.",
    forces="nothing; notes.",
    find=find,
)
