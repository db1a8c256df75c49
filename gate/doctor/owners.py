"""CODEOWNERS: who must agree when the rules themselves are changed.

The file is the first of three places, and its last matching line counts, as GitHub documents it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from gate.doctor.checks import Check, ok, warning
from gate.policy.globs import path_glob

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_COMMENT = re.compile(r"(?:^|\s)#.*")


def check_owners(root: Path, guarded: Sequence[str]) -> Iterator[Check]:
    """Say whether these files, by which the gate is ruled, have owners."""
    place = next((place for place in PLACES if (root / place).is_file()), None)
    if place is None:
        yield warning(
            "owners",
            f"no CODEOWNERS: any approver can change {', '.join(guarded)}",
            f"write .github/CODEOWNERS with {_lines(guarded)}",
        )
        return
    text = (root / place).read_text(encoding="utf-8", errors="replace")
    ownerless = [path for path in dict.fromkeys((*guarded, place)) if not owners_of(text, path)]
    if ownerless:
        yield warning(
            "owners",
            f"{place} names nobody for {', '.join(ownerless)}",
            f"add to {place} {_lines(ownerless)}",
        )
    else:
        yield ok("owners", f"{place} covers the workflows and the policy")


def owners_of(text: str, path: str) -> tuple[str, ...]:
    """Give the owners of a path by the text of a CODEOWNERS file; a later line wins, also without owners."""
    owners: tuple[str, ...] = ()
    for line in text.splitlines():
        pattern, *named = _COMMENT.sub("", line).split() or [""]
        if pattern and _matches(pattern, path):
            owners = tuple(named)
    return owners


def _lines(paths: Sequence[str]) -> str:
    """Write the lines that give these paths owners: of .github the whole folder, of others the path."""
    folder = "/.github/"
    rows = dict.fromkeys(folder if f"/{path}".startswith(folder) else f"/{path}" for path in paths)
    return " and ".join(f"the line `{row} @OWNER`" for row in rows)


def _matches(pattern: str, path: str) -> bool:
    """Match as gitignore does: a slash at the beginning or within ties a pattern to the root."""
    tied = "/" in pattern.rstrip("/")
    glob = pattern.strip("/")
    glob = glob if tied else f"**/{glob}"
    folder = pattern.endswith("/")
    try:
        itself = path_glob(glob).fullmatch(path) is not None
        # `docs/*` is the files of a folder, not those of folders in it.
        inside = not glob.endswith("/*") and path_glob(f"{glob}/**").fullmatch(path) is not None
    except ValueError:
        return False
    return inside or (itself and not folder)
