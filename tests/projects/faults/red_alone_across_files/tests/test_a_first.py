"""A test that leaves something in a module of the project."""

import lib


def test_first():
    lib.ready = True
