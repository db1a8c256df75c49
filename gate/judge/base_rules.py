"""Rules about a change and the rules that judge it: policy, selection of tests, suppressions, place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gate.model import Evidence, Finding, Relocation, RuleChange, Suppression, UnmeasuredImport
from gate.policy.model import Policy

_LOOSER = (
    "Take it back, or put it into a change of its own, for the owners of the policy to merge by hand; "
    "it counts from the next change on."
)
_SELECTION = (
    "Take it back: what the base runs has run. To leave a test out, name it in [[tests.exclude]] of the "
    "policy, in a change of its own."
)
_WIDER = "Nothing to do: what either side would run has run."
_UNCLEAR = "See that no test is lost by it: what the base runs has run."
_HOOK = "See that it leaves no test out: this code is the change's own and cannot be undone from outside."
_SUPPRESSED = (
    "Test the code, or the test that is skipped. If that cannot be, have the owners of the policy merge it "
    "by hand, or raise [suppressions] new in a change of its own."
)
_MOVED = (
    "Leave the code where it is measured, or measure its new place by a change of the policy alone."
)


def policy_loosened(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Refuse each rule of the policy by which the change would ask less; the base's judged."""
    del today
    for change in evidence.rules.policy if evidence.rules else ():
        if change.direction == "looser":
            yield Finding(
                "policy.loosened",
                "error",
                f"the change loosens {change.key}: {_from_to(change)}; the base's policy judged",
                forces="fail",
                path=_file_of(policy),
                help=_LOOSER,
            )


def policy_changed(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Note what else differs in the policy, and what has no say in this run."""
    del today
    if evidence.rules is None:
        return
    for change in evidence.rules.policy:
        if change.direction != "looser":
            verb = "tightens" if change.direction == "tighter" else "edits"
            message = f"the change {verb} {change.key}: {_from_to(change)}; it counts from the next one on"
            yield _note("policy.changed", message, _file_of(policy))
    for note in evidence.rules.notes:
        yield _note("policy.changed", note, None)


def suite_selection(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Refuse a change by which pytest would run fewer tests, and name code of its own that chooses them."""
    del policy, today
    if evidence.rules is None:
        return
    for change in evidence.rules.selection:
        yield _selection(change)
    for hook in evidence.rules.hooks:
        yield Finding(
            "suite.selection",
            "warning",
            f"the change edits {hook.kind}, by which tests are chosen",
            path=hook.path,
            line=hook.line,
            help=_HOOK,
        )


def suppression_new(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """List each new suppression; more of them than the policy allows are refused."""
    del today
    found = evidence.rules.suppressions if evidence.rules else ()
    allowed = policy.suppressions.new
    too_many = len(found) > allowed
    for each in found:
        yield Finding(
            "suppression.new",
            "error" if too_many else "note",
            f"new {_kind(each)}: {each.text}",
            forces="fail" if too_many else None,
            path=each.path,
            line=each.line,
            measured=float(len(found)),
            required=float(allowed),
            help=_SUPPRESSED,
        )


def changed_unmeasured(policy: Policy, evidence: Evidence, today: date) -> Iterator[Finding]:
    """Refuse to let measured code move to where nothing is measured, or begin to use what stands there."""
    del policy, today
    rules = evidence.rules
    for each in rules.unmeasured if rules else ():
        taken = f"the change takes {_lines(each.lines)} out of what is"
        yield _unmeasured(f"{_what(each)} is not measured here: {taken}", each)
    for use in rules.imports if rules else ():
        imported = f"measured code newly imports {use.imported}, which is not measured"
        yield _unmeasured(imported, use)


def _unmeasured(message: str, place: Relocation | UnmeasuredImport) -> Finding:
    return Finding(
        "changed.unmeasured",
        "error",
        message,
        forces="fail",
        path=place.path,
        line=place.line,
        help=_MOVED,
    )


def _selection(change: RuleChange) -> Finding:
    told = f"{change.key}: {_from_to(change)}"
    path = change.path if "." in change.path else None
    match change.direction:
        case "looser":
            message = f"the change has pytest run fewer tests, by {told}; the base's selection ran"
            return Finding(
                "suite.selection", "error", message, forces="fail", path=path, help=_SELECTION
            )
        case "tighter":
            return Finding(
                "suite.selection",
                "note",
                f"the change has pytest run more tests, by {told}",
                path=path,
                help=_WIDER,
            )
    message = f"the change has pytest choose tests otherwise, by {told}; the base's selection ran"
    return Finding("suite.selection", "warning", message, path=path, help=_UNCLEAR)


def _note(rule: str, message: str, path: str | None) -> Finding:
    return Finding(rule, "note", message, path=path, help="Nothing to do for this run.")


def _file_of(policy: Policy) -> str | None:
    return policy.origin if "." in policy.origin else None


def _from_to(change: RuleChange) -> str:
    return f"{change.before} becomes {change.after}"


def _kind(suppression: Suppression) -> str:
    return f"pragma {suppression.kind}" if suppression.kind.startswith("no ") else suppression.kind


def _what(relocation: Relocation) -> str:
    what = f"{relocation.what} of " if relocation.what else ""
    return f"{what}{relocation.origin}, measured on the base,"


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"
