"""Says what type the copies have."""

from .other import DOUBLE_STEP
from .subject import LIMIT


def test_limit():
    assert isinstance(LIMIT, int)


def test_step():
    assert isinstance(DOUBLE_STEP, int)
