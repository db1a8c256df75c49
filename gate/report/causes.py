"""Why a verdict is no pass, in the order of cause: what was not collected, red tests, coverage, mutants."""

from __future__ import annotations

from gate.model import Finding
from gate.results.document import Results

# The first of these stands before all that may follow from it; the rest is in the order of the document.
_ORDER = (
    "suite.passed",
    "suite.measured",
    "suite.",
    "policy.",
    "suppression.",
    "isolation.",
    "changed.",
    "coverage.",
    "mutation.",
)
# Lost kills are no consequence of tests that are gone, but what their loss costs.
_CONSEQUENCES = ("changed.", "coverage.", "mutation.score", "mutation.changed", "mutation.measured")


def reasons(results: Results) -> list[Finding]:
    """List the findings that force the verdict, causes first.

    Where no test passed, all figures follow from that: what they fall short of is left out.
    """
    forcing = [finding for finding in results.findings if finding.forces]
    causes = [each for each in forcing if not each.rule.startswith(_CONSEQUENCES)]
    shown = causes if causes and not has_figures(results) else forcing
    return sorted(shown, key=_rank)


def has_figures(results: Results) -> bool:
    """Say whether a test passed: without one, coverage and mutants say nothing."""
    return bool(results.suite.passing())


def _rank(finding: Finding) -> int:
    ranks = (rank for rank, rule in enumerate(_ORDER) if finding.rule.startswith(rule))
    return next(ranks, len(_ORDER))
