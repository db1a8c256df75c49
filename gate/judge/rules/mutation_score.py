"""Rule mutation.score: mutation score of core files."""

from __future__ import annotations

from collections.abc import Iterator

from gate.judge.mutants import grouped, path_of
from gate.judge.rule import Rule
from gate.judge.scores import compare_scores
from gate.model import Evidence, Finding, MutantResult
from gate.policy.model import Policy

ID = "mutation.score"


def find(policy: Policy, evidence: Evidence) -> Iterator[Finding]:
    """Compare the score of each file of the core on its own.

    Where no test passed, none could notice anything: that is the reason then, and no score is one.
    """
    run = evidence.mutation
    if run is None or run.changed or not evidence.suite.passing():
        return
    by_path = grouped(run.results, path_of)
    for path in sorted(run.core):
        required = policy.thresholds_for(path).score
        results = by_path.get(path, [])
        yield from compare_scores(ID, "the mutants", results, required, _function)


def _function(result: MutantResult) -> str:
    return result.mutant.function or "module level"


rule = Rule(
    id=ID,
    title="Mutation score of core files",
    checks=(
        "For each file of the core on its own: detected (killed, confirmed timeouts and crashes) out "
        "of all valid mutants, compared exactly. Unresolved mutants make it an interval, from all of "
        "them survived to all of them detected. A `[[path]]` rule can ask a score of its own."
    ),
    why=(
        "Executed code is not tested code: where a mutant survives, the code can be wrong in that way "
        "with every test green. Each file is compared on its own, as a total can be met by easy "
        "files."
    ),
    fix=(
        "Begin with the functions that the finding names. `gate show ID` prints a survivor and the "
        "tests that ran it: write an assertion that fails on it. One that no test should notice can "
        "be waived in the policy, with a reason, an owner and a date."
    ),
    forces=(
        "FAIL below the threshold even if all unresolved mutants were detected; INCONCLUSIVE when "
        "they decide."
    ),
    find=find,
)
