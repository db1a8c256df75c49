"""A test that kills its parent's parent, the process that was to clear up after it, and leaves a child."""

import os
import signal
import subprocess
import time
from pathlib import Path

from lib.arithmetic import add


def parent_of(process):
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def test_before():
    assert add(1, 1) == 2


def test_fault():
    subprocess.Popen(["sleep", "3600"], start_new_session=True)
    os.kill(parent_of(os.getppid()), signal.SIGKILL)
    time.sleep(3600)


def test_after():
    assert add(2, 2) == 4
