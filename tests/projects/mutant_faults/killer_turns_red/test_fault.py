"""A test that turns red after two runs, mutant or not: the count is shared by all forks."""

import mmap

from lib.fault import checked

RUNS = mmap.mmap(-1, 1)


def test_checked():
    assert checked(1) is not None
    runs = RUNS[0]
    RUNS[0] = min(runs + 1, 255)
    assert runs < 2
