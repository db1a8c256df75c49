"""The process that forked this one is killed."""

import os
import signal
import time


def checked(number):
    if number is None:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return number
