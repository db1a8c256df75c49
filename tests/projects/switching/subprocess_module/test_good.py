"""Says what the process prints."""

import subprocess
import sys


def test_output():
    command = [sys.executable, "-m", __package__]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert finished.stdout == "5 cm\n"
