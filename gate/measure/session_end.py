"""How pytest's session ends after the last test: hooks and late exceptions may fail a suite of green tests.

Each share goes to the end of its own session. A share is a part of the suite, so what objects to it (an
unused snapshot, a floor for the whole) is asked again of all tests in one process, as plain pytest runs them.
What the project itself does at the end would take from other shares what they still use: it is asked of that
process alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gate.measure.suite import Baseline
from gate.measure.whole import run_whole
from gate.model import RED, SessionEnd
from gate.supervise.jobs import Ended
from gate.supervise.supervisor import Supervisor

# pytest's last line, with or without its ruler, and what it prints of its progress.
_SUMMARY = re.compile(r"=*\s*\d+ (passed|skipped|deselected|xfailed|xpassed|warning|error|failed)")
_PROGRESS = re.compile(r"^.*\[\s*\d+%\]")
_MOST_NAMED = 3


def end_of_session(
    supervisor: Supervisor, baseline: Baseline, notify: Callable[[], None]
) -> SessionEnd | None:
    """Say how the session ends; None where a test is red or none has passed, which decides by itself."""
    red = any(outcome.outcome in RED for outcome in baseline.outcomes.values())
    broken = any(report.get("outcome") == "error" for report in baseline.collected.uncollected)
    if red or broken or not baseline.passing():
        return None
    ends = [_end(ended) for ended in baseline.ends]
    objection = next((end for end in ends if end.status != 0), None)
    if objection is None and len(ends) == len(baseline.shares):
        return SessionEnd(0)
    if objection is not None and len(ends) == len(baseline.shares) == 1:
        return objection
    return _whole(supervisor, baseline, notify)


def _whole(supervisor: Supervisor, baseline: Baseline, notify: Callable[[], None]) -> SessionEnd:
    tests = (test for share in baseline.shares for test in share)
    whole = run_whole(supervisor, baseline, tests, notify)
    red = next((each for each in whole.outcomes.values() if each.outcome in RED), None)
    if red is not None:
        told = f"{red.test} passes in its share and is red when all tests run in one process: "
        return SessionEnd(None, told + _first_line(red.message), whole=True)
    if whole.ended is None:
        return SessionEnd(None, "no worker reported it", whole=True)
    end = _end(whole.ended)
    message = _named(end.message, baseline.collected.enders) if end.status else end.message
    return SessionEnd(end.status, message, whole=True)


def _end(ended: Ended) -> SessionEnd:
    if ended.ending != "end":
        return SessionEnd(None, _first_line(ended.message))
    if ended.status == 0:
        return SessionEnd(0)
    return SessionEnd(ended.status, ended.raised or _printed(ended.output))


def _printed(output: str) -> str:
    """What was printed last, the summary of pytest aside."""
    said = (line for line in output.splitlines() if not _SUMMARY.match(line))
    lines = [_PROGRESS.sub("", line).strip(" =") for line in said]
    return next((line for line in reversed(lines) if line), "")


def _named(message: str, enders: Sequence[str]) -> str:
    """Add what of the project ran at the end, as far as fits into a line."""
    if not enders:
        return message
    more = len(enders) - _MOST_NAMED
    named = ", ".join(enders[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{message} (at the end run {named})".strip()


def _first_line(message: str) -> str:
    return message.strip().partition("\n")[0]
