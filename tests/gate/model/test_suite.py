from builders import make_exclusion, make_outcome

from gate.model import SuiteRun


def test_counts_hold_every_outcome_and_the_excluded_tests() -> None:
    run = SuiteRun(
        (make_outcome("a"), make_outcome("b", "timeout"), make_outcome("c", "xpassed")),
        (make_exclusion(),),
    )
    counts = {"passed": 1, "timeout": 1, "xpassed": 1, "excluded": 1}
    assert {name: count for name, count in run.counts.items() if count} == counts
    assert run.passing() == {"a", "c"}
