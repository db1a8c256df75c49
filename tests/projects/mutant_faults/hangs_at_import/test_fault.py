"""Imports the file whose mutant reaches the fault."""

from lib.fault import READY


def test_ready():
    assert READY
