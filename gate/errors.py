"""The error tree of the gate and the table of its exit codes."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says to its caller; 1 is never returned on purpose."""

    PASS = 0
    USAGE = 2
    FAIL = 3
    INCONCLUSIVE = 5
    BUG = 70
    INTERRUPTED = 130


class GateError(Exception):
    """Something the user can mend: what happened, where, and what to do next."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GateError):
    """The command line asks for something that is not there."""


class PolicyError(GateError):
    """The policy cannot be used; the message names file, line, key and accepted values."""


class SetupError(GateError):
    """This machine or this checkout cannot run the gate as asked."""


class MissingEvidenceError(GateError):
    """The question cannot be answered from what is here, so no verdict can be a PASS."""

    exit_code = ExitCode.INCONCLUSIVE


class InterruptedRunError(GateError):
    """A signal ended the run before it had a verdict; the message says what of it was kept."""

    exit_code = ExitCode.INTERRUPTED


class ProtocolError(GateError):
    """A worker sent bytes that are no frame of ours: truncated, oversized or out of order."""

    exit_code = ExitCode.INCONCLUSIVE
