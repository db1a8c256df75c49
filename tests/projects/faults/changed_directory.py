"""A test that goes elsewhere and stays there."""

import os

from lib.arithmetic import add


def test_fault(tmp_path):
    os.chdir(tmp_path)
    tmp_path.rmdir()


def test_red_after():
    assert add(2, 2) == 5


def test_after():
    assert add(2, 2) == 4
