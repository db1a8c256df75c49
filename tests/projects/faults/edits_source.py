"""A test that changes the measured source while it is being measured."""

from pathlib import Path

from lib import arithmetic
from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    path = Path(arithmetic.__file__)
    path.write_text(path.read_text() + "\n\ndef unseen():\n    return 1\n")


def test_after():
    assert add(2, 2) == 4
