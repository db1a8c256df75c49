"""Descriptors opened to the limit and never closed."""

import os
import resource

from lib.arithmetic import add

LEAKED = []


def test_fault():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    try:
        while True:
            LEAKED.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass


def test_red_after():
    assert add(2, 2) == 5


def test_after():
    assert add(2, 2) == 4
