"""What `gate verify` says of a document that bears its verdict out."""

from __future__ import annotations

from gate.report import mutants, words
from gate.report.headline import verdict
from gate.report.words import disarmed, one_line
from gate.results.document import Results


def render_verified(results: Results, location: str) -> str:
    """Name the verdict, what it was derived from once more, and what that does not show."""
    policy = f"{one_line(results.policy.origin)} ({one_line(results.policy.digest[:12])})"
    made = f"{one_line(results.tool.name)} {one_line(results.tool.version)}, {results.created}"
    told = {
        "Tests": words.counts_line(results.suite),
        "Mutation": mutants.score_line(results) if results.mutation is not None else "",
        "Not judged": words.not_judged(results),
        "Policy": policy,
        "Made by": made,
    }
    lines = [
        f"{verdict(results)}: verified against the evidence in {one_line(location)}",
        *(f"  {name}: {text}" for name, text in told.items() if text),
        "  Note: this detects edits, not a fully fabricated file.",
    ]
    return disarmed("\n".join(lines) + "\n")
