"""A test that writes over coverage data that is not its own: what importing the project executed."""

import tempfile
from pathlib import Path

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    found = list(Path(tempfile.gettempdir()).parent.glob("coverage.import.*"))
    assert found
    for file in found:
        file.write_bytes(b"SQLite format 3\0" + b"nothing of the kind" * 100)


def test_after():
    assert add(2, 2) == 4
