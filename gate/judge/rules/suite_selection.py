"""Rule suite.selection: a change does not choose its own tests."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.change_words import from_to
from gate.judge.rule import Rule
from gate.model import Evidence, Finding, RuleChange

ID = "suite.selection"


def find(evidence: Evidence) -> Iterator[Finding]:
    """Refuse a change by which pytest would run fewer tests, and name code of its own that chooses them."""
    if evidence.rules is None:
        return
    for change in evidence.rules.selection:
        yield _selection(change)
    for hook in evidence.rules.hooks:
        yield Finding(
            ID,
            "warning",
            f"the change edits {hook.kind}, by which tests are chosen",
            path=hook.path,
            line=hook.line,
            help=_HOOK,
        )


_SELECTION = (
    "Take it back: what the base runs has run. To leave a test out, name it in [[tests.exclude]] of the "
    "policy, in a change of its own."
)


_WIDER = "Nothing to do: what either side would run has run."


_UNCLEAR = "See that no test is lost by it: what the base runs has run."


_HOOK = "See that it leaves no test out: this code is the change's own and cannot be undone from outside."


def _selection(change: RuleChange) -> Finding:
    told = f"{change.key}: {from_to(change)}"
    path = change.path if "." in change.path else None
    match change.direction:
        case "looser":
            message = f"the change has pytest run fewer tests, by {told}; the base's selection ran"
            return Finding(ID, "error", message, forces="fail", path=path, help=_SELECTION)
        case "tighter":
            return Finding(
                ID,
                "note",
                f"the change has pytest run more tests, by {told}",
                path=path,
                help=_WIDER,
            )
    message = f"the change has pytest choose tests otherwise, by {told}; the base's selection ran"
    return Finding(ID, "warning", message, path=path, help=_UNCLEAR)


rule = Rule(
    id=ID,
    title="A change does not choose its own tests",
    checks=(
        "With `--base`: whether pytest's configuration in the change runs fewer tests than that of "
        "the merge base: `testpaths`, `python_files`, `python_classes`, `python_functions`, "
        "`norecursedirs`, `collect_imported_tests`, and the options of `addopts` that choose tests. "
        "What either side would run is run. Code by which the change chooses tests (`collect_ignore`, "
        "`pytest_collection_modifyitems` and their like) cannot be undone and is named."
    ),
    why=(
        "A test that is no longer run fails for nobody, and a deselected test looks like a shorter "
        "run."
    ),
    fix=(
        "Take the narrowing back. A test that cannot run belongs into `[[tests.exclude]]` of the "
        "policy, with a reason, an owner and a date, in a change of its own."
    ),
    forces="FAIL where fewer tests would run; nothing where that cannot be told: a warning.",
    find=find,
)
