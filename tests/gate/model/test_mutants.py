from __future__ import annotations

import pytest
from builders import make_result

from gate.model import Score, Status, score_of


@pytest.mark.parametrize(
    ("statuses", "score", "low", "high"),
    [
        ((), Score(0, 0, 0), None, None),
        (("Ignored", "CompileError"), Score(0, 0, 0), None, None),
        (("Killed", "Timeout", "RuntimeError"), Score(3, 0, 3), 100.0, 100.0),
        (("Killed", "Survived", "NoCoverage", "Ignored"), Score(1, 0, 3), 33.33, 33.33),
        (("Killed", "Pending", "Survived"), Score(1, 1, 3), 33.33, 66.66),
    ],
)
def test_a_score_is_an_interval_where_mutants_are_unresolved(
    statuses: tuple[Status, ...], score: Score, low: float | None, high: float | None
) -> None:
    found = score_of(make_result(number, status) for number, status in enumerate(statuses, 1))
    assert found == score
    assert (found.low, found.high) == (low, high)
    assert (found.least.percent, found.most.percent) == (low, high)
