"""Globs on the paths of a repository."""

from __future__ import annotations

import re
from functools import cache


@cache
def path_glob(glob: str) -> re.Pattern[str]:
    """Compile a glob for `fullmatch` on a whole POSIX path; ValueError for a bad class.

    `*` and `?` stay inside one folder, `**` crosses folders, `**/` is also no folder at all;
    `[ab]` and `[!ab]` are one character. Upper and lower case differ.
    """
    pieces = re.finditer(r"(?<![^/])\*\*/|\*\*+|\*|\?|\[(!?)([^\]!][^\]]*)\]|.", glob, re.DOTALL)
    try:
        return re.compile("".join(map(_glob_piece, pieces)), re.DOTALL)
    except re.error as error:
        raise ValueError(glob) from error


def _glob_piece(piece: re.Match[str]) -> str:
    match piece[0]:
        case "**/":
            return "(?:.*/)?"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case stars if stars.startswith("**"):
            return ".*"
        case _ if piece[2]:
            members = re.sub(r"([^a-zA-Z0-9-])", r"\\\1", piece[2])
            return f"(?!/)[{'^' if piece[1] else ''}{members}]"
        case character:
            return re.escape(character)
