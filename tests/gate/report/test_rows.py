from __future__ import annotations

from gate.report.rows import Row, heading, plain


def test_a_section_begins_after_an_empty_line() -> None:
    assert list(heading("Tests")) == [Row(0, (("", ""),)), Row(0, (("Tests", "bold underline"),))]


def test_a_plain_row_is_one_text_that_wraps() -> None:
    assert plain("a", 4, "red") == Row(4, (("a", "red"),), "wrapped")
