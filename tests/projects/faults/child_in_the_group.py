"""A child that nobody waits for, in the process group of its worker."""

import subprocess

from lib.arithmetic import add


def test_fault():
    subprocess.Popen(["sleep", "3600"])


def test_red_after():
    assert add(2, 2) == 5


def test_after():
    assert add(2, 2) == 4
