from decimal import Decimal

import pytest
from builders import make_exclusion, make_file_coverage, make_outcome

from gate.model import CoverageMap, Ratio, SuiteRun


@pytest.mark.parametrize(
    ("covered", "total", "percent"),
    [
        (0, 1, 0.0),
        (1, 1, 100.0),
        (1999, 2500, 79.96),
        (79996, 100000, 79.99),
        (2, 3, 66.66),
        (0, 0, None),
    ],
)
def test_a_percentage_is_cut_and_never_rounded_up(
    covered: int, total: int, percent: float | None
) -> None:
    assert Ratio(covered, total).percent == percent


def test_ratios_are_compared_exactly() -> None:
    assert not Ratio(79_999_999, 100_000_000).meets(80)
    assert Ratio(4, 5).meets(80)
    assert not Ratio(2, 3).meets(Decimal("66.67"))
    assert Ratio(2, 3).meets(Decimal("66.66"))
    assert Ratio(0, 0).meets(100)


def test_a_total_adds_files_not_percentages() -> None:
    files = (
        make_file_coverage("a.py", line=Ratio(1, 1)),
        make_file_coverage("b.py", line=Ratio(0, 99)),
    )
    assert CoverageMap(files).total("line") == Ratio(1, 100)


def test_counts_hold_every_outcome_and_the_excluded_tests() -> None:
    run = SuiteRun(
        (make_outcome("a"), make_outcome("b", "timeout"), make_outcome("c", "xpassed")),
        (make_exclusion(),),
    )
    assert run.counts() == {"passed": 1, "timeout": 1, "xpassed": 1, "excluded": 1}
    assert run.passing() == {"a", "c"}
