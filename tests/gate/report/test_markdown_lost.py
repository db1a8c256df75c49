from __future__ import annotations

from builders import make_lost, make_result
from pages import Page

from gate.model import LostKills
from gate.report.markdown_lost import lost_parts


def text(lost: LostKills | None) -> str:
    return "\n".join(lost_parts(lost, 20))


def test_a_lost_kill_stands_in_the_open_with_both_sides() -> None:
    part = text(make_lost(make_result(1, "Survived")))
    assert part.startswith("<details open><summary>1 lost kill</summary>\n")
    assert "  ```diff\n  - return a + b\n  + return a - b\n  ```\n" in part
    seen = Page(part).text
    assert "killed by tests/test_a.py::test_gone" in seen
    assert "that test is not in the suite any more" in seen
    assert "Runs it now: tests/test_a.py::test_one" in seen


def test_a_run_that_lost_nothing_folds_what_it_asked() -> None:
    part = text(make_lost(asked=7))
    assert part.startswith("<details><summary>No kill was lost</summary>\n")
    assert "7 mutants asked again" in part


def test_lost_kills_beyond_twenty_are_counted() -> None:
    part = text(make_lost(*(make_result(n, "Survived") for n in range(1, 24))))
    assert part.count("```diff") == 20
    assert "And 3 more lost kills." in part


def test_without_a_touched_test_there_is_nothing_to_say() -> None:
    assert text(None) == text(LostKills()) == ""
