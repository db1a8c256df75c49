"""A test that writes to the home folder and to the temporary one."""

import tempfile
from pathlib import Path

from lib.arithmetic import add


def test_fault():
    (Path.home() / "settings").write_text("mine")
    Path(tempfile.gettempdir(), "gate-left").mkdir(exist_ok=True)


def test_red_after():
    assert add(2, 2) == 5


def test_after():
    assert add(2, 2) == 4
