from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gate.model.values import lines_of, spans, spans_text


@given(st.sets(st.integers(1, 60)))
def test_spans_hold_exactly_the_lines(lines: set[int]) -> None:
    runs = spans(lines)
    assert lines_of(runs) == lines
    assert all(after[0] > before[1] + 1 for before, after in pairwise(runs))


def test_spans_are_written_short() -> None:
    runs = spans([3, 4, 5, 9, 11])
    assert spans_text(runs) == "3-5, 9, 11"
    assert spans_text(runs, 3) == "3-5, 9, 11"
    assert spans_text(runs, 1) == "3-5 and 2 more"
    assert spans_text(()) == ""
