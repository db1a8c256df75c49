"""Runs the line whose mutant reaches the fault."""

from lib.fault import checked


def test_checked():
    assert checked(1) == 1
