"""A lock taken at import and held in every fork, where its owner is gone: waiting for it is for ever."""

import threading

from lib.arithmetic import add

LOCK = threading.Lock()
LOCK.acquire()


def test_before():
    assert add(1, 1) == 2


def test_fault():
    with LOCK:
        pass


def test_after():
    assert add(2, 2) == 4
