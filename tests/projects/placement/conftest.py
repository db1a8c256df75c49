"""Asks for the ways in which no import statement alone runs a file."""

from pathlib import Path

import pytest

import lib.hook

pytest.register_assert_rewrite("lib.rewritten")
pytest_plugins = ["lib.plugin"]

PATH = Path("lib/conftested.py")
SPACE = {}
exec(compile(PATH.read_text(), PATH, "exec"), SPACE)


@pytest.fixture
def conftested():
    return SPACE["below"]
