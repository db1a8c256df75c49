"""The second test fails only where the first one went elsewhere before it: that is no kill."""

import time
from pathlib import Path

from lib.fault import checked


def test_checked():
    assert checked(0) == 0


def test_somewhere():
    assert checked(5) == 5
    time.sleep(0.05)
    assert Path("data/words.txt").exists()
