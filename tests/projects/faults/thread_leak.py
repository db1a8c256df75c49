"""Threads that never end, and that Python would wait for at exit."""

import threading
import time

from lib.arithmetic import add


def test_fault():
    for _ in range(30):
        threading.Thread(target=time.sleep, args=(3600,)).start()


def test_red_after():
    assert add(2, 2) == 5


def test_after():
    assert add(2, 2) == 4
