"""What a report is drawn on: how wide, and whether in colour. One place decides for all commands."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Literal, TextIO

Choice = Literal["auto", "always", "never"]

WIDEST = 120
# As wide as a log is read comfortably, where nothing says how wide it is.
_UNKNOWN = (100, 24)
_OFF = ("", "0", "false")


def width() -> int:
    """Give the columns of the terminal, at most 120; COLUMNS decides where it is set."""
    return min(shutil.get_terminal_size(_UNKNOWN).columns, WIDEST)


def colored(
    choice: Choice = "auto", stream: TextIO | None = None, environ: Mapping[str, str] | None = None
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
