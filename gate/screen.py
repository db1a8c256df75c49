"""What a report is drawn on: how wide, and whether in colour. One place decides for all commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal, TextIO

When = Literal["auto", "always", "never"]

WIDEST = 120
# As wide as a log is read comfortably, where nothing says how wide it is.
UNKNOWN = 100
# A report that goes through a pipe is mostly read on the terminal that the other streams still have.
_STREAMS = (1, 2, 0)
_OFF = ("", "0", "false")


def width() -> int:
    """Give the columns of the terminal, at most 120; COLUMNS decides where it is set."""
    told = os.environ.get("COLUMNS", "")
    columns = int(told) if told.isdecimal() else 0
    return min(columns or _of_terminal() or UNKNOWN, WIDEST)


def _of_terminal() -> int:
    for stream in _STREAMS:
        with suppress(OSError):
            if columns := os.get_terminal_size(stream).columns:
                return columns
    return 0


def colored(
    choice: When = "auto", stream: TextIO | None = None, environ: Mapping[str, str] | None = None
) -> bool:
    """Say whether to write colour to a stream, stdout if none is given.

    `--color` decides, then NO_COLOR (https://no-color.org), then FORCE_COLOR, then whether it is a
    terminal that knows colour: TERM=dumb does not.
    """
    environ = os.environ if environ is None else environ
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR", "") not in _OFF:
        return True
    return (stream or sys.stdout).isatty() and environ.get("TERM") != "dumb"
