"""Says what the copies are."""

from .other import DOUBLE_STEP
from .subject import LIMIT


def test_limit():
    assert LIMIT == 10


def test_step():
    assert DOUBLE_STEP == 4
