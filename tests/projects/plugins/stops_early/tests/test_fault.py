"""Two failures: with -x a session ends at the first of them, and says nothing of the rest."""

import warnings

from lib.arithmetic import add


def test_red():
    assert add(1, 1) == 3


def test_warns():
    warnings.warn("an error here", DeprecationWarning, stacklevel=1)


def test_after():
    assert add(2, 2) == 4
