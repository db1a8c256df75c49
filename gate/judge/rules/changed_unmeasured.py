"""Rule changed.unmeasured: measured code stays measured."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.rule import Rule
from gate.model import Evidence, Finding, Relocation, UnmeasuredImport

ID = "changed.unmeasured"


def find(evidence: Evidence) -> Iterator[Finding]:
    """Refuse to let measured code move to where nothing is measured, or begin to use what stands there."""
    rules = evidence.rules
    for each in rules.unmeasured if rules else ():
        taken = f"the change takes {_lines(each.lines)} out of what is"
        yield _unmeasured(f"{_what(each)} is not measured here: {taken}", each)
    for use in rules.imports if rules else ():
        imported = f"measured code newly imports {use.imported}, which is not measured"
        yield _unmeasured(imported, use)


_MOVED = (
    "Leave the code where it is measured, or measure its new place by a change of the policy alone."
)


def _unmeasured(message: str, place: Relocation | UnmeasuredImport) -> Finding:
    return Finding(
        ID,
        "error",
        message,
        forces="fail",
        path=place.path,
        line=place.line,
        help=_MOVED,
    )


def _what(relocation: Relocation) -> str:
    what = f"{relocation.what} of " if relocation.what else ""
    return f"{what}{relocation.origin}, measured on the base,"


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"


rule = Rule(
    id=ID,
    title="Measured code stays measured",
    checks=(
        "With `--base`: whether a file that was measured is renamed to where nothing is measured, and "
        "whether a function that the measured files lose stands elsewhere, with the same code, or "
        "with the same name and much of its code. Code that is deleted is no finding. And whether a "
        "measured file imports one of the repository that is not measured and that no measured file "
        "imported on the base; by which path, link or archive, the run shows."
    ),
    why="The quickest way to a better percentage is to move what is not tested out of sight.",
    fix=(
        "Leave the code where it is measured, or add its place to `[source] include` by a change of "
        "its own."
    ),
    forces="FAIL.",
    find=find,
    commands=("check",),
)
