"""A call into C that never returns and keeps the interpreter's lock: no Python code of its process runs again."""

import ctypes

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    libc = ctypes.PyDLL(None)
    while True:
        libc.pause()


def test_after():
    assert add(2, 2) == 4
