"""Why did a test not pass: the kind of cause, and the group of failures that share one."""

from __future__ import annotations

import re

from gate.model import Cause
from gate.results.groups import ASSERTED

GROUP_CAP = 140

_ENVIRONMENT = re.compile(
    r"^(ModuleNotFoundError|PermissionError|ConnectionError|ConnectionRefusedError|ConnectionResetError"
    r"|(socket\.)?gaierror|TimeoutError|(\w+\.)*(URLError|ConnectTimeout|ReadTimeout|SSLError|ProxyError))$"
)
_ENVIRONMENT_TEXT = re.compile(
    r"No space left on device|Too many open files|CUDA|no CUDA-capable device|Network is unreachable"
    r"|Name or service not known|Temporary failure in name resolution|command not found"
)
_TYPE = re.compile(r"(?P<name>[A-Za-z_][\w.]*(Error|Exception|Failed|Exit))(:|$)")
_VOLATILE = (
    (re.compile(r"0x[0-9a-fA-F]+"), "…"),
    (re.compile(r"(/[^\s'\":]+)+"), "/…"),
    (re.compile(r"\d+(\.\d+)?(e[+-]?\d+)?"), "N"),
)


def classify(raised: str, message: str) -> Cause:
    """Group a failure by what it raised (a dotted type name, may be empty) and its message.

    What differs from run to run is blanked in the group; the text of the cause is the message as it was.
    """
    first = _first_line(message)
    text = first[:GROUP_CAP]
    raised = raised or _named_in(first)
    kind = raised.rpartition(".")[2] or "failure"
    if _ENVIRONMENT.match(raised) or _ENVIRONMENT_TEXT.search(first):
        return Cause("environment", _group(kind, first), text)
    if kind == ASSERTED or first.startswith("assert "):
        return Cause("test", ASSERTED, text)
    return Cause("test", _group(kind, first), text)


def timed_out(message: str) -> Cause:
    """Group the tests that were still running at their limit."""
    return Cause("timeout", message)


def crashed(message: str) -> Cause:
    """Group the tests that took their process down."""
    return Cause("crash", message.splitlines()[0][:GROUP_CAP] if message else "the process ended")


def uncollected(message: str) -> Cause:
    """Group the files that could not be collected."""
    lines = [line for line in message.splitlines() if line.strip()]
    last = lines[-1].removeprefix("E ").strip() if lines else ""
    return Cause("collection", _steady(last), last[:GROUP_CAP])


def _named_in(first: str) -> str:
    """Take the type from a message that begins with it, where a plugin keeps what was raised to itself."""
    match = _TYPE.match(first)
    return match["name"] if match else ""


def _first_line(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    # A fixture that is not there is reported as the place of the test first, the reason marked E below.
    reasons = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    return next(iter(reasons + lines), "")


def _group(kind: str, first: str) -> str:
    text = _steady(re.sub(rf"^([\w.]*\.)?{re.escape(kind)}:\s*", "", first))
    return ": ".join(part for part in (kind, text) if part)[:GROUP_CAP]


def _steady(text: str) -> str:
    """The part of a message that is the same in every run and on every machine, cut short."""
    for pattern, shown in _VOLATILE:
        text = pattern.sub(shown, text)
    return text[:GROUP_CAP]
