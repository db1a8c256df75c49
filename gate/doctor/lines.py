"""The checks as lines for a terminal or a log: one each, and one for its remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from gate.doctor.checks import Check, Status, can_run
from gate.report.rows import Row, plain
from gate.report.words import counted, one_line

_STYLES: dict[Status, str] = {
    "ok": "green",
    "warning": "yellow",
    "problem": "bold red",
    "unknown": "cyan",
}
_STATUS = max(map(len, _STYLES)) + 2
_NAME = 14
_NOUNS: dict[Status, str] = {
    "problem": "problem",
    "warning": "warning",
    "unknown": "unknown",
}


def check_rows(check: Check) -> Iterator[Row]:
    """Write one check; lines of its text stay lines."""
    head = check.status.ljust(_STATUS) + check.name.ljust(_NAME)
    for number, line in enumerate(filter(None, check.message.splitlines())):
        first = (head, _STYLES[check.status]) if number == 0 else (" " * len(head), "")
        yield Row(0, (first, (one_line(line), "")), "hanging")
    if check.remedy:
        label = " " * _STATUS + "remedy".ljust(_NAME)
        for line in check.remedy.splitlines():
            yield Row(0, ((label, "dim"), (one_line(line), "bold")), "hanging")
            label = " " * len(label)


def sum_up(checks: Sequence[Check]) -> Iterator[Row]:
    """Write the last line: whether the gate can run here, and how much there is to do."""
    counts = Counter(check.status for check in checks)
    told = [
        counted(counts[status], noun, noun if status == "unknown" else "")
        for status, noun in _NOUNS.items()
        if counts[status]
    ]
    answer = "Ready" if can_run(checks) else "The gate cannot run here"
    yield plain("", 0)
    yield plain(f"{answer}: {', '.join(told) or 'nothing to mend'}.", 0, "bold")
