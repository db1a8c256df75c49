"""GitHub Markdown around text from the code, which is neither markup, link, mention nor reference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from gate.report.words import one_line

_MOST_TEXT = 400
# An empty comment parts a mention, a reference, a formula or an address without being seen.
_PARTED = re.compile(r"[@#$]|:(?=//)|(?<=[wW]{3})(?=\.)")
_MARKUP = re.compile(r"[\\`*_\[\]~]")


def prose(text: str) -> str:
    """Escape text from the code for a line of Markdown, in tables too."""
    text = one_line(text, _MOST_TEXT).replace("&", "&amp;").replace("<", "&lt;")
    text = _MARKUP.sub(r"\\\g<0>", text.replace(">", "&gt;"))
    return _PARTED.sub(r"\g<0><!-- -->", text).replace("|", "&#124;")


def code(text: str) -> str:
    """Set text from the code as code, in tables too."""
    text = one_line(text, _MOST_TEXT)
    if not text.strip() or "|" in text:
        # In a table a pipe ends even code, so here everything but letters is written by number.
        return f"<code>{''.join(map(_by_number, text))}</code>"
    fence = "`" * (_longest_run(text) + 1)
    inner = f" {text} " if "`" in (text[0], text[-1]) else text
    return f"{fence}{inner}{fence}"


def fenced(lines: Sequence[str], language: str, indent: int) -> Iterator[str]:
    """Set harmless lines as a block of code, inside a list item where `indent` says so."""
    fence = "`" * max(_longest_run("\n".join(lines)) + 1, 3)
    blanks = " " * indent
    yield f"{blanks}{fence}{language}"
    yield from (f"{blanks}{line}" for line in lines)
    yield f"{blanks}{fence}"


def folded(title: str, lines: Iterable[str], shown: bool = False) -> Iterator[str]:
    """Fold lines under a title of our own words, open if `shown`; nothing when there is no line."""
    lines = list(lines)
    if lines:
        yield f"<details{' open' * shown}><summary>{title}</summary>"
        yield ""
        yield from lines
        yield ""
        yield "</details>"
        yield ""


def _by_number(char: str) -> str:
    return char if char.isalnum() else f"&#{ord(char)};"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
