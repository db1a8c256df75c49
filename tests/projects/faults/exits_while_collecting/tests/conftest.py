"""A hook that ends the session when all is collected: pytest calls it interrupted, exit code 2.

Its process takes its time to end, so what it said must not wait for that.
"""

import atexit
import time

import pytest


def pytest_collection_finish(session):
    atexit.register(time.sleep, 0.3)
    pytest.exit("not today", returncode=0)
