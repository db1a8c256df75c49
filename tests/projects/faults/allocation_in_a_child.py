"""The memory is taken by a process that the test starts, not by its own."""

import subprocess
import sys

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    subprocess.run([sys.executable, "-c", "b = []\nwhile True: b.append(bytearray(10_000_000))"])


def test_after():
    assert add(2, 2) == 4
