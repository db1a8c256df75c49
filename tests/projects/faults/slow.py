"""Tests that take a while, so that there are moments at which a run can be ended."""

import subprocess
import time

import pytest

from lib.arithmetic import add


@pytest.mark.parametrize("number", range(6))
def test_slow(number):
    subprocess.Popen(["sleep", "3600"])
    time.sleep(0.2)
    assert add(number, 1) == number + 1
