from __future__ import annotations

import re

from builders import make_evidence, make_lost, make_result
from samples import make_results

from gate.model import LostKills
from gate.report.terminal import render_terminal


def report(lost: LostKills | None) -> str:
    return render_terminal(make_results(evidence=make_evidence(lost=lost)), 160, color=False)


def test_a_lost_kill_is_its_change_and_both_sides() -> None:
    section = report(make_lost(make_result(1, "Survived"))).partition("\nLost kills\n")[2]
    assert section.splitlines()[1:8] == [
        "  pkg/a.py:1 add",
        "    - return a + b",
        "    + return a - b",
        "    base: killed by tests/test_a.py::test_gone",
        "    head: that test is not in the suite any more",
        "    runs it now: tests/test_a.py::test_one",
        "",
    ]


def test_lost_kills_beyond_ten_are_counted() -> None:
    text = report(make_lost(*(make_result(n, "Survived") for n in range(1, 14))))
    assert len(re.findall("base: killed by", text)) == 10
    assert "  and 3 more lost kills\n" in text


def test_without_a_touched_test_there_is_no_section() -> None:
    assert "Lost kills" not in report(None) + report(LostKills())
    assert "Lost kills" in report(make_lost(asked=4))
