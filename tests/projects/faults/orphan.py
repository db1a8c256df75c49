"""A grandchild in a session of its own, its parent gone: no group and no parent leads to it."""

import os

from lib.arithmetic import add


def test_fault():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "3600"])
        os._exit(0)
    os.wait()


def test_red_after():
    assert add(2, 2) == 5


def test_after():
    assert add(2, 2) == 4
