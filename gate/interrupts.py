"""Signals that end a run before its verdict: the first one is an exception, later ones are ignored."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def heed_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt, which names the signal, on SIGINT and SIGTERM.

    What was ignored before stays ignored. After the first signal both are ignored, so that what the run has
    found can be written.
    """
    heeded = [each for each in ENDING if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, _interrupt) for each in heeded}
    try:
        yield
    finally:
        for each, handler in before.items():
            if signal.getsignal(each) is _interrupt:
                signal.signal(each, handler)


def ignore_signals() -> None:
    """Let SIGINT and SIGTERM pass from here on."""
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del frame
    ignore_signals()
    raise KeyboardInterrupt(signal.Signals(number).name)
