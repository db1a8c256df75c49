"""Rule suppression.new: new skips and pragmas."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.rule import Rule
from gate.model import Evidence, Finding, Suppression
from gate.policy.model import Policy

ID = "suppression.new"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """List each new suppression; more of them than the policy allows are refused."""
    found = evidence.rules.suppressions if evidence.rules else ()
    allowed = policy.suppressions.new
    too_many = len(found) > allowed
    for each in found:
        yield Finding(
            ID,
            "error" if too_many else "note",
            f"new {_kind(each)}: {each.text}",
            forces="fail" if too_many else None,
            path=each.path,
            line=each.line,
            measured=float(len(found)),
            required=float(allowed),
            help=_SUPPRESSED,
        )


_SUPPRESSED = (
    "Test the code, or the test that is skipped. If that cannot be, have the owners of the policy merge it "
    "by hand, or raise [suppressions] new in a change of its own."
)


def _kind(suppression: Suppression) -> str:
    return f"pragma {suppression.kind}" if suppression.kind.startswith("no ") else suppression.kind


rule = Rule(
    id=ID,
    title="New skips and pragmas",
    checks=(
        "With `--base`, each by its line: new `# pragma: no cover`, `no branch` and `no mutate` in "
        "measured files; in tests new marks `skip`, `skipif` and `xfail`, calls of `pytest.skip`, "
        "`xfail` and `importorskip`, and what unittest has for them; in measured files what runs a "
        "text or a file as code (`exec`, `eval`, `runpy`, importlib's loaders of a file by its path, "
        "torch's `CompilationUnit` and `load_inline`), as nothing measures or mutates that code. New "
        "is what stands on a changed line and was not merely moved, indented or edited around. New "
        "pragmas have no say in the run: their lines count, and are mutated."
    ),
    why=(
        "A pragma hides code from every later reader of the figures, and is quicker to write than a "
        "test."
    ),
    fix=(
        "Test the code. What cannot be tested can be merged by hand by the owners of the policy, or "
        "allowed by `[suppressions] new`."
    ),
    forces="FAIL when there are more than `[suppressions] new`; otherwise nothing: notes.",
    find=find,
)
