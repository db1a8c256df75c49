"""Recursion through C without a guard: the stack runs into its end."""

import sys

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def deeper(_=None):
    return list(map(deeper, [None]))


def test_fault():
    sys.setrecursionlimit(10**9)
    deeper()


def test_after():
    assert add(2, 2) == 4
