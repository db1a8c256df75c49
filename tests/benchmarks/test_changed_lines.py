"""The table of docs/changed-lines.md can be printed again, and its cases are explained."""

from __future__ import annotations

from pathlib import Path

import pytest
from changed_lines import CASES, answer

NAMES = [case.name for case in CASES]


def test_each_case_has_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize(
    "name", ["renamed file with one edited line", "comment only, one of them inside a call"]
)
def test_a_case_is_answered_by_both_sides_as_the_page_says(name: str, tmp_path: Path) -> None:
    row = answer(CASES[NAMES.index(name)], tmp_path)
    cells = (row.case, row.line, row.branch, row.plain, row.options, row.why)
    page = Path(__file__).resolve().parents[2] / "docs/changed-lines.md"
    assert f"| {' | '.join(cells)} |" in page.read_text(encoding="utf-8").splitlines()
