"""sys.exit(0) in a test is no success of the session, and no end of it."""

import sys

from lib.arithmetic import add


def test_fault():
    sys.exit(0)


def test_red_after():
    assert add(2, 2) == 5


def test_after():
    assert add(2, 2) == 4
