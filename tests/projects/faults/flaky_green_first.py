"""A test that passes the first time and fails ever after."""

import tempfile
from pathlib import Path

from lib.arithmetic import add

COUNTER = Path(tempfile.gettempdir(), "counter")


def runs_so_far():
    count = int(COUNTER.read_text()) if COUNTER.exists() else 0
    COUNTER.write_text(str(count + 1))
    return count


def test_flaky():
    assert runs_so_far() == 0


def test_after():
    assert add(2, 2) == 4
