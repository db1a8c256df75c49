"""Says what the script returns."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("subject.py")


def test_status():
    assert subprocess.run([sys.executable, SCRIPT], check=False).returncode == 10
