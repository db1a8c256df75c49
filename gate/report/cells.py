"""Text cut to a number of terminal cells: a wide character takes two of them."""

from __future__ import annotations

from unicodedata import east_asian_width

DOTS = "..."
# Wide since Unicode 16, which terminals follow before Python does: the Yijing and the Tai Xuan Jing.
WIDE_SINCE = (
    ("\u2630", "\u2637"),
    ("\u268a", "\u268f"),
    ("\u4dc0", "\u4dff"),
    ("\U0001d300", "\U0001d356"),
    ("\U0001d360", "\U0001d376"),
)


def cells(text: str) -> int:
    """Count the cells that a printable text takes, or a few more: a combining character counts too."""
    if text.isascii():
        return len(text)
    return sum(2 if _is_wide(char) else 1 for char in text)


def _is_wide(char: str) -> bool:
    return east_asian_width(char) in "WF" or any(
        first <= char <= last for first, last in WIDE_SINCE
    )


def head(text: str, width: int) -> str:
    """Keep the beginning of a text, cut with dots, in at most `width` cells."""
    if cells(text) <= width:
        return text
    return text[: _fitting(text, width - len(DOTS))] + DOTS[: max(width, 0)]


def tail(text: str, width: int) -> str:
    """Keep the end of a text, cut with dots, in at most `width` cells."""
    if cells(text) <= width:
        return text
    kept = _fitting(text[::-1], width - len(DOTS))
    return DOTS[: max(width, 0)] + text[len(text) - kept :]


def padded(text: str, width: int) -> str:
    """Fill a text with blanks up to `width` cells."""
    return text + " " * (width - cells(text))


def _fitting(text: str, width: int) -> int:
    """Count the leading characters that fit."""
    used = 0
    for number, char in enumerate(text):
        used += cells(char)
        if used > width:
            return number
    return len(text)
