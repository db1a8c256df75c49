from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from gate.interrupts import ENDING, heed_signals, ignore_signals


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Every test finds Python's own handlers, and leaves those that it found."""
    before = {each: signal.getsignal(each) for each in ENDING}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.parametrize("sign", ENDING)
def test_the_first_signal_is_an_exception_that_names_it_and_later_ones_pass(
    sign: signal.Signals,
) -> None:
    with pytest.raises(KeyboardInterrupt, match=sign.name), heed_signals():
        os.kill(os.getpid(), sign)
    for each in ENDING:
        os.kill(os.getpid(), each)


def test_without_a_signal_the_handlers_are_those_of_before() -> None:
    with heed_signals():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_was_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with heed_signals():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_signals_that_are_ignored_while_they_are_heeded_stay_ignored() -> None:
    with heed_signals():
        ignore_signals()
    os.kill(os.getpid(), signal.SIGTERM)
