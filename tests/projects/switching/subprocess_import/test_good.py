"""Says what the process returns."""

import subprocess
import sys


def test_status():
    code = f"import sys, {__package__}.subject as subject; sys.exit(subject.shifted(6))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 10
