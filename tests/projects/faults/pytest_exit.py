"""pytest.exit() ends a whole session, with the return code that the caller likes."""

import pytest

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    pytest.exit("enough", returncode=0)


def test_after():
    assert add(2, 2) == 4
