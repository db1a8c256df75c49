"""A test module that ends the process when it is imported, with the status of success."""

import os

from lib.arithmetic import add

os._exit(0)


def test_never_collected():
    assert add(1, 1) == 2
