"""A test that writes over the coverage data it can find."""

import tempfile
from pathlib import Path

from lib.arithmetic import add


def test_before():
    assert add(1, 1) == 2


def test_fault():
    found = [file for file in Path(tempfile.gettempdir()).parent.glob("coverage.*") if file.is_file()]
    assert found
    for file in found:
        file.write_bytes(b"SQLite format 3\0" + b"nothing of the kind" * 100)


def test_after():
    assert add(2, 2) == 4
