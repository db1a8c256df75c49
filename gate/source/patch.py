"""The text of `git diff -U0`: the lines that it adds to each file, and the names that git quotes."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPED = dict(zip(b"abtnvfr", b"\a\b\t\n\v\f\r", strict=True))


def added_lines(patch: Sequence[bytes]) -> dict[str, frozenset[int]]:
    """Read `git diff -U0`, split at line feeds alone, into the lines of each new file.

    The counts in the hunk's head say how much text follows, so text never passes for a head.
    """
    added: dict[str, frozenset[int]] = {}
    path, position = "", 0
    while position < len(patch):
        line = patch[position]
        position += 1
        if line.startswith(b"+++ "):
            # git ends a name that holds a space with a tab.
            path = unquoted(line[4:].removesuffix(b"\t")).removeprefix("b/")
        elif hunk := _HUNK.match(line):
            removed, count = (int(hunk[group] or 1) for group in (1, 3))
            start = int(hunk[2])
            added[path] = added.get(path, frozenset()) | frozenset(range(start, start + count))
            # "\ No newline at end of file" is not counted, but only follows a file's last text.
            position += removed + count
    return added


def unquoted(name: bytes) -> str:
    """Undo git's C-style quotes around a name with control characters, quotes or backslashes."""
    if name.startswith(b'"'):
        name = _ESCAPE.sub(_character, name[1:-1])
    return os.fsdecode(name)


def _character(escape: re.Match[bytes]) -> bytes:
    code = escape[1]
    return bytes([int(code, 8) if len(code) == 3 else _ESCAPED.get(code[0], code[0])])
