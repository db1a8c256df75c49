"""The words for what made tests red."""

from __future__ import annotations

from gate.model import Cause, CauseKind

ASSERTED = "AssertionError"
_WORDS: dict[CauseKind, tuple[str, str]] = {
    "test": ("test failed", "tests failed"),
    "collection": ("test file could not be collected", "test files could not be collected"),
    "crash": ("test crashed", "tests crashed"),
    "timeout": ("test timed out", "tests timed out"),
    "flaky": ("test is flaky", "tests are flaky"),
    "order": ("test depends on the order", "tests depend on the order"),
    "environment": ("test failed", "tests failed"),
}
_UNIMPORTED = ("test file could not be imported", "test files could not be imported")
_IMPORT_ERRORS = ("ModuleNotFoundError: ", "ImportError: ")


def words_for(cause: Cause, count: int) -> str:
    """Say in one line how many tests a cause made red, and what the first of them said."""
    words, text = _WORDS[cause.kind], cause.text or cause.group
    if cause.kind == "collection" and text.startswith(_IMPORT_ERRORS):
        words, text = _UNIMPORTED, text.partition(": ")[2]
    # Assertions are one group whatever they compared, so the text is that of one of them only.
    such_as = " in an assertion, such as" if cause.group == ASSERTED and count > 1 else ""
    return f"{count:,} {words[count != 1]}{such_as}: {text}"
