"""A test that is red three times out of four after two runs: a single pass on the original proves nothing."""

import mmap
import time

from lib.fault import checked

RUNS = mmap.mmap(-1, 1)


def test_checked():
    assert len(checked(1)) == 129
    runs = RUNS[0]
    RUNS[0] = min(runs + 1, 255)
    assert runs < 2 or time.time_ns() // 1000 % 4 == 0
