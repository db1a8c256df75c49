"""Packages without __init__ files, and tests that go by other names."""

from parts.left.one import one


def check_one():
    assert one() == 1


class CheckMore:
    def check_again(self):
        assert one() == 1
