"""Rule mutation.waivers: waivers have reason, owner, expiry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gate.judge.mutants import is_waived
from gate.judge.rule import Rule
from gate.model import Evidence, Finding, MutantResult, MutationRun
from gate.model.mutant_table import place_of
from gate.policy.model import Policy, Waiver

ID = "mutation.waivers"


def find(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """List what does not count by agreement, and refuse what has expired or stands in no policy."""
    run = evidence.mutation or MutationRun(())
    results = {result.mutant.id: result for result in run.results}
    # A run over some of the mutants says nothing about waivers for the others.
    whole = evidence.mutation is not None and not run.changed and evidence.command == "check"
    for waiver in policy.mutation.waive:
        if waiver.expires < today or waiver.mutant in results or whole:
            yield _waiver(waiver, results.get(waiver.mutant), today)
    known = {waiver.mutant for waiver in policy.mutation.waive}
    for result in sorted(run.results, key=place_of):
        if is_waived(result) and result.mutant.id not in known:
            yield Finding(
                ID,
                "error",
                f"mutant {result.mutant.id} was left out ({result.reason}), "
                "by a waiver that the policy does not have",
                forces="inconclusive",
                path=result.mutant.path,
                line=result.mutant.line,
                help="Add the waiver to the policy with reason, owner and expiry, or test it.",
            )


def _waiver(waiver: Waiver, result: MutantResult | None, today: date) -> Finding:
    terms = f"{waiver.reason} (owner {waiver.owner}, until {waiver.expires.isoformat()})"
    where = (result.mutant.path, result.mutant.line) if result else (None, None)
    if waiver.expires < today:
        return Finding(
            ID,
            "error",
            f"the waiver of mutant {waiver.mutant} has expired: {terms}",
            forces="fail",
            path=where[0],
            line=where[1],
            help=f"Test for this mutant, or have {waiver.owner} set a later date in the policy.",
        )
    if result is None:
        return Finding(
            ID,
            "warning",
            f"the waiver of mutant {waiver.mutant} matches no mutant: {terms}",
            help="Correct its id, or remove it from the policy.",
        )
    return Finding(
        ID,
        "note",
        f"mutant {waiver.mutant} is waived: {terms}",
        path=where[0],
        line=where[1],
        help="Remove the waiver from the policy once its reason is gone.",
    )


rule = Rule(
    id=ID,
    title="Waivers have reason, owner, expiry",
    checks=(
        "Lists each waiver of the policy with its reason, owner and last day. One whose last day has "
        "passed, one that matches no mutant, and a mutant waived without the policy are findings. An "
        "id counts only in full."
    ),
    why=(
        "A waiver takes a survivor out of the score. Without a date it outlives its reason, and one "
        "that matches nothing may have been meant for a mutant that now counts."
    ),
    fix=(
        "Remove the waiver when its reason is gone; otherwise let its owner set a new date. Correct "
        "ids that match nothing: an edit of the mutated text gives it a new one."
    ),
    forces="FAIL when expired; INCONCLUSIVE for a waiver that stands in no policy.",
    find=find,
)
