"""Code that runs only in processes that a test starts is measured there."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(("given", "answer"), [("21", "42"), ("x", "?")])
def test_command(given, answer):
    command = [sys.executable, "-c", "from lib.command import run; run()", given]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == answer
