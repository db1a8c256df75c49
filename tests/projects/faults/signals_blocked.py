"""A process deaf to every signal that can be blocked: an alarm inside it never rings."""

import signal

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        pass


def test_after():
    assert add(2, 2) == 4
