"""Where forking is not safe, a test's parent is the keeper itself: killed, it must not free what it kept."""

import os
import signal
import subprocess
import threading
import time

from lib.arithmetic import add

threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()


def test_before():
    assert add(1, 1) == 2


def test_fault():
    subprocess.Popen(["sleep", "3600"], start_new_session=True)
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(3600)


def test_after():
    assert add(2, 2) == 4
