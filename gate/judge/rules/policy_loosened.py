"""Rule policy.loosened: the change lowers its own requirements."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.change_words import file_of, from_to
from gate.judge.rule import Rule
from gate.model import Evidence, Finding
from gate.policy.model import Policy

ID = "policy.loosened"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Refuse each rule of the policy by which the change would ask less; the base's judged."""
    for change in evidence.rules.policy if evidence.rules else ():
        if change.direction == "looser":
            yield Finding(
                ID,
                "error",
                f"the change loosens {change.key}: {from_to(change)}; the base's policy judged",
                forces="fail",
                path=file_of(policy),
                help=_LOOSER,
            )


_LOOSER = (
    "Take it back, or put it into a change of its own, for the owners of the policy to merge by hand; "
    "it counts from the next change on."
)


rule = Rule(
    id=ID,
    title="The change lowers its own requirements",
    checks=(
        "With `--base`: whether the policy that the change leaves behind asks less than that of the "
        "merge base, which judges. They are compared as they count, not as text: thresholds by what "
        "each file must reach, measured files and core file by file, exclusions and waivers by what "
        "they leave out and until when."
    ),
    why=(
        "Whoever is judged must not write the rules on the way. A lower threshold is a decision of "
        "its own, and is best seen alone."
    ),
    fix=(
        "Take the loosening back, or put it into a change of its own and let the owners of the policy "
        "merge that by hand, over this finding. It counts from the next change on."
    ),
    forces="FAIL.",
    find=find,
)
