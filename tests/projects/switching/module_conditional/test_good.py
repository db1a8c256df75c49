"""Says what was chosen."""

from .subject import LEVEL, NAME


def test_level():
    assert LEVEL == 3


def test_name():
    assert NAME == "high"
