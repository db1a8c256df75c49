from decimal import Decimal

import pytest
from builders import make_file_coverage

from gate.model import CoverageMap, Ratio


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
