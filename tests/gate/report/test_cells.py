from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from gate.report.cells import cells, head, padded, tail
from gate.report.words import one_line

TEXT = st.text("ab 日本é\u0301\uff46", max_size=12)


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("abc", 3), ("日本", 4), ("aé", 2), ("\u2630\u4dff", 4)]
)
def test_a_wide_character_takes_two_cells(text: str, count: int) -> None:
    assert cells(text) == count


@given(st.text(max_size=30))
@example("\u268f")
@example("\U0001d300\U0001d376")
def test_no_terminal_needs_more_cells_than_are_counted(text: str) -> None:
    shown = one_line(text)
    assert cell_len(shown) <= cells(shown)


def test_text_is_cut_at_its_end_or_at_its_beginning() -> None:
    assert (head("abcdefgh", 6), tail("abcdefgh", 6)) == ("abc...", "...fgh")
    assert (head("abcdef", 6), tail("abcdef", 6)) == ("abcdef", "abcdef")
    assert (head("日本日本", 6), tail("日本日本", 6)) == ("日...", "...本")


@given(TEXT, st.integers(0, 14))
def test_cut_text_fits(text: str, width: int) -> None:
    assert cells(head(text, width)) <= width
    assert cells(tail(text, width)) <= width


def test_padding_counts_cells() -> None:
    assert padded("日", 4) == "日  "
    assert padded("long", 2) == "long"
