"""Rule changed.nothing: the change has nothing to check."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.rule import Rule
from gate.model import Evidence, Finding

ID = "changed.nothing"


def find(evidence: Evidence) -> Iterator[Finding]:
    """Say by name that a change has no line to check, so that silence never reads as a pass."""
    change, coverage = evidence.changed, evidence.changed_coverage
    if change is not None and coverage is not None and coverage.total("line").total == 0:
        files = "1 changed file" if len(change.files) == 1 else f"{len(change.files)} changed files"
        python = [file.path for file in change.files if file.lines and file.path.endswith(".py")]
        unmeasured = sorted(set(python) - {file.path for file in evidence.coverage.files})
        if unmeasured:
            more = len(unmeasured) - _NAMED_FILES
            files += f"; not measured: {', '.join(unmeasured[:_NAMED_FILES])}"
            files += f" and {more} more" if more > 0 else ""
        yield Finding(
            ID,
            "note",
            f"the change since {change.base} has no measured line to check ({files})",
            help="Nothing to do, unless the change should have touched code in [source] include.",
        )


_NAMED_FILES = 3


rule = Rule(
    id=ID,
    title="The change has nothing to check",
    checks=(
        "With `--base`: whether the change touches any measured line at all. Changes of comments, "
        "documents, tests or deletions alone do not."
    ),
    why="A check that found nothing to check must not look like one that found nothing wrong.",
    fix="Nothing, unless the change should have touched measured code: then see `[source] include`.",
    forces="nothing; a note.",
    find=find,
    commands=("check",),
)
