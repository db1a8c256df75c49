"""Recursion through C without a guard: the stack runs into its end."""

import sys


def deeper(_=None):
    return list(map(deeper, [None]))


def checked(number):
    if number is None:
        sys.setrecursionlimit(10**9)
        deeper()
    return number
