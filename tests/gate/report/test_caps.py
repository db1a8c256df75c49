from __future__ import annotations

from gate.report.caps import COMMENT, SUMMARY, Caps, fitted


def rows(caps: Caps) -> str:
    return "f" * caps.files + "r" * caps.reasons + "s" * caps.survivors


def test_what_fits_is_left_as_it_is() -> None:
    assert fitted(rows, SUMMARY, 110) == rows(SUMMARY)


def test_what_is_folded_goes_before_reasons_and_survivors() -> None:
    text = fitted(rows, SUMMARY, 80)
    assert (text.count("f"), text.count("r"), text.count("s")) == (12, 40, 20)
    text = fitted(rows, SUMMARY, 35)
    assert (text.count("f"), text.count("r"), text.count("s")) == (0, 20, 10)


def test_bytes_are_counted_and_not_characters() -> None:
    assert len(fitted(lambda caps: "日" * caps.reasons, SUMMARY, 60)) == 20


def test_the_last_resort_is_a_report_without_rows() -> None:
    assert fitted(rows, COMMENT, 0) == ""
