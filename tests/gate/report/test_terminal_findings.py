from __future__ import annotations

from typing import Any

from gate.model import Finding
from gate.report.rows import Row
from gate.report.terminal_findings import finding_rows


def finding(**fields: Any) -> Finding:
    return Finding(
        **{"rule": "a.b", "level": "error", "message": "m", "forces": "fail", "help": "h", **fields}
    )


def text(row: Row) -> str:
    return " " * row.indent + "".join(piece for piece, _ in row.pieces)


def test_findings_stand_below_their_rule_with_the_next_step_after_the_last() -> None:
    rows = finding_rows([finding(), finding(message="n", path="a.py", line=3), finding(rule="c.d")])
    assert [text(row) for row in rows] == [
        *("  a.b", "    m", "    n (a.py:3)", "      Next: h"),
        *("  c.d", "    m", "      Next: h"),
    ]


def test_more_than_eight_findings_of_a_rule_are_counted() -> None:
    rows = [text(row) for row in finding_rows([finding() for _ in range(11)])]
    assert rows.count("    m") == 8
    assert rows[-1] == "    and 3 more findings of this rule"


def test_the_colour_of_a_rule_is_that_of_its_gravest_finding() -> None:
    rows = list(finding_rows([finding(level="warning", message="\x1b[31m")]))
    assert rows[0].pieces == (("a.b", "bold yellow"),)
    assert text(rows[1]) == "    \\x1b[31m"
