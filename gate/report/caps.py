"""How many rows of each kind a report shows, and fewer of them until it fits its limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

# What a comment and a step summary on GitHub may hold, in bytes of UTF-8; a comment's limit is said to
# be in characters, of which there are never more.
COMMENT_LIMIT = 65_536
SUMMARY_LIMIT = 1_048_576


@dataclass(frozen=True, slots=True)
class Caps:
    """The most rows of each kind: `each` is reasons of one rule, `tests` those of a cause or a survivor."""

    reasons: int = 40
    each: int = 3
    survivors: int = 20
    changed: int = 50
    tests: int = 5
    files: int = 50
    groups: int = 20
    notes: int = 20
    facts: int = 60


SUMMARY = Caps()
COMMENT = Caps(reasons=20, survivors=10, changed=20, tests=3, files=20, groups=10, notes=10)
# What is folded goes first, down to its count; what a reviewer needs goes last.
_FOLDED = ("files", "groups", "notes", "facts")


def fitted(render: Callable[[Caps], str], caps: Caps, limit: int) -> str:
    """Render with ever fewer rows until the text is at most `limit` bytes; whole rows are left out."""
    text = ""
    for fewer in _ever_fewer(caps):
        text = render(fewer)
        if len(text.encode("utf-8", "backslashreplace")) <= limit:
            break
    return text


def _ever_fewer(caps: Caps) -> Iterator[Caps]:
    """Halve what is folded until nothing of it is left, then the rest."""
    yield caps
    everything = [field.name for field in fields(Caps) if field.name != "each"]
    for names in (_FOLDED, everything):
        while any(getattr(caps, name) for name in names):
            caps = replace(caps, **{name: getattr(caps, name) // 2 for name in names})
            yield caps
